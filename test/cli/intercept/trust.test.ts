import { mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rootCertificates } from 'node:tls'
import { afterAll, expect, test } from 'vitest'
import { writeTrust } from '../../../src/cli/intercept/trust.js'

const folder = mkdtempSync(join(tmpdir(), 'blnk-gateway-trust-'))
afterAll(() => { rmSync(folder, { recursive: true, force: true }) })

const pem = (name: string): string => `-----BEGIN CERTIFICATE-----\n${name}\n-----END CERTIFICATE-----\n`
const AUTHORITY = pem('authority')

function written (environment: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(writeTrust(folder, AUTHORITY, environment)).map(([name, path]) => [name, readFileSync(path, 'utf8')]))
}

test('without variables, what the system and Node trust stays trusted', () => {
  const { NODE_EXTRA_CA_CERTS, ...replacing } = written({})
  expect(Object.keys(replacing)).toEqual(['SSL_CERT_FILE', 'REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE'])
  for (const text of Object.values(replacing)) {
    expect(text).toContain(rootCertificates[0])
    expect(text.endsWith(`\n${AUTHORITY}`)).toBe(true)
  }
  // Node's adds to what Node trusts.
  expect(NODE_EXTRA_CA_CERTS?.trim()).toBe(AUTHORITY.trim())
})

test('what a variable named is trusted by its readers still, and nothing else beside the authority', () => {
  const named = Object.fromEntries(['SSL_CERT_FILE', 'REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE', 'NODE_EXTRA_CA_CERTS'].map((name) => {
    writeFileSync(join(folder, `own-${name}`), pem(name))
    return [name, join(folder, `own-${name}`)]
  }))
  expect(written(named)).toEqual(Object.fromEntries(Object.keys(named).map((name) => [name, pem(name) + AUTHORITY])))
})

test('requests goes by curl\'s, curl by OpenSSL\'s, a directory counts with all its files, and a file that is missing as none', () => {
  mkdirSync(join(folder, 'several'))
  for (const name of ['a', 'b']) writeFileSync(join(folder, 'several', name), pem(name))
  writeFileSync(join(folder, 'several', 'README'), 'no certificate')
  const { REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE } = written({ CURL_CA_BUNDLE: join(folder, 'several'), REQUESTS_CA_BUNDLE: join(folder, 'missing') })
  expect(CURL_CA_BUNDLE).toBe(`${pem('a')}\n${pem('b')}${AUTHORITY}`)
  expect(REQUESTS_CA_BUNDLE).toBe(CURL_CA_BUNDLE)
})
