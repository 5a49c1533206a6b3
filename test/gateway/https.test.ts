import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { pino } from 'pino'
import { afterAll, expect, onTestFinished, test, vi } from 'vitest'
import { readConfig, type Config } from '../../src/config.js'
import { openHttps, type Https } from '../../src/gateway/https.js'
import { makeAuthority, makeLeaf } from '../../src/lib/certificates.js'

const folder = mkdtempSync(join(tmpdir(), 'blnk-gateway-https-'))
afterAll(() => { rmSync(folder, { recursive: true, force: true }) })

const authority = await makeAuthority('authority of a test')
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}
const [first, second] = [await makeLeaf(authority, ['127.0.0.1']), await makeLeaf(authority, ['127.0.0.1'])]
const cert = file('cert.pem', first.cert + authority.cert)
const key = file('key.pem', first.key)
const other = file('other.pem', second.key)
const text = file('text.pem', 'no PEM')

const logged: string[] = []
const log = pino({ base: null }, { write (line: string) { logged.push((JSON.parse(line) as { msg: string }).msg) } })
const withSettings = (settings: Record<string, string>): Config => readConfig({ EPHEMERAL: 'true', ...settings })

async function open (settings: Record<string, string>, dataDir: string | null = null): Promise<Https> {
  const https = await openHttps(withSettings(settings), dataDir, log) as Https
  onTestFinished(() => { https.close() })
  return https
}

/** The serial number of what is served now. */
async function served (https: Https): Promise<() => Promise<string>> {
  const server = createServer()
  https.serve(server)
  server.listen(0, '127.0.0.1')
  onTestFinished(() => { server.close() })
  await once(server, 'listening')
  return async () => {
    const socket = connect({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, rejectUnauthorized: false })
    await once(socket, 'secureConnect')
    const { serialNumber } = socket.getPeerCertificate()
    socket.destroy()
    return serialNumber
  }
}

const serial = (pem: string): string => new X509Certificate(pem).serialNumber

test.each([
  ['a certificate without a key', { TLS_CERT: cert }, /TLS_CERT is set without TLS_KEY/],
  ['a key without a certificate', { TLS_KEY: key }, /TLS_KEY is set without TLS_CERT/],
  ['both kinds', { TLS_CERT: cert, TLS_KEY: key, TLS: 'self-signed' }, /TLS_CERT and TLS .* exclude each other/],
  ['an unknown kind', { TLS: 'on' }, /TLS must be one of off, self-signed/],
  ['a file that is not there', { TLS_CERT: join(folder, 'none'), TLS_KEY: key }, /TLS_CERT .*none cannot be read \(ENOENT\)/],
  ['a key that is not there', { TLS_CERT: cert, TLS_KEY: folder }, /TLS_KEY .* cannot be read \(EISDIR\)/],
  ['a certificate that is none', { TLS_CERT: text, TLS_KEY: key }, /TLS_CERT .*text\.pem is not a certificate in PEM/],
  ['a key that is none', { TLS_CERT: cert, TLS_KEY: text }, /TLS_KEY .*text\.pem is not a private key in PEM/],
  ['the key of another certificate', { TLS_CERT: cert, TLS_KEY: other }, /TLS_KEY .*other\.pem is not the key of the first certificate in TLS_CERT/]
])('%s is refused', async (_name, settings, sentence) => {
  await expect((async () => await openHttps(withSettings(settings), null, log))()).rejects.toThrow(sentence)
})

test('a renewed pair is served from then on, half a pair never', async () => {
  const https = await open({ TLS_CERT: cert, TLS_KEY: key })
  const now = await served(https)
  expect(await now()).toBe(serial(first.cert))
  writeFileSync(cert, second.cert)
  https.reload()
  expect(await now()).toBe(serial(first.cert))
  expect(logged.at(-1)).toMatch(/stays as it was: TLS_KEY .* is not the key/)
  writeFileSync(key, second.key)
  https.reload()
  expect(await now()).toBe(serial(second.cert))
  expect(logged.at(-1)).toMatch(/valid until/)
})

test('a renewed pair is found without being told', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  onTestFinished(() => { vi.useRealTimers() })
  writeFileSync(cert, first.cert)
  writeFileSync(key, first.key)
  const now = await served(await open({ TLS_CERT: cert, TLS_KEY: key }))
  const lines = logged.length
  vi.advanceTimersByTime(60_000)
  expect(logged.length).toBe(lines)
  writeFileSync(cert, second.cert)
  writeFileSync(key, second.key)
  vi.advanceTimersByTime(60_000)
  expect(await now()).toBe(serial(second.cert))
})

test('files that cannot even be looked at are said to be so, and found again', async () => {
  writeFileSync(cert, first.cert)
  writeFileSync(key, first.key)
  const https = await open({ TLS_CERT: cert, TLS_KEY: key })
  const now = await served(https)
  // A link to itself, in the middle of a renewal.
  rmSync(cert)
  symlinkSync(cert, cert)
  https.reload()
  expect(logged.at(-1)).toMatch(/stays as it was: TLS_CERT .* cannot be read \(ELOOP\)/)
  expect(await now()).toBe(serial(first.cert))
  rmSync(cert)
  writeFileSync(cert, second.cert)
  writeFileSync(key, second.key)
  https.reload()
  expect(await now()).toBe(serial(second.cert))
})

test('a certificate of our own outlasts a restart, and is made anew for another host', async () => {
  const dataDir = mkdtempSync(join(folder, 'data-'))
  const { ca, certificate } = await open({ TLS: 'self-signed' }, dataDir)
  const before = readFileSync(certificate as string, 'utf8')
  expect(statSync(join(dataDir, 'tls-key.pem')).mode & 0o777).toBe(0o600)
  expect(new X509Certificate(before).checkIssued(new X509Certificate(readFileSync(ca as string)))).toBe(true)
  await open({ TLS: 'self-signed' }, dataDir)
  expect(readFileSync(certificate as string, 'utf8')).toBe(before)
  await open({ TLS: 'self-signed', HOST: 'gateway.test' }, dataDir)
  const after = new X509Certificate(readFileSync(certificate as string))
  expect(after.subjectAltName).toBe('DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1, DNS:gateway.test')
  writeFileSync(certificate as string, 'damaged')
  await open({ TLS: 'self-signed' }, dataDir)
  expect(() => new X509Certificate(readFileSync(certificate as string))).not.toThrow()
})

test('in memory, only the authority is in a file, which goes with the gateway', async () => {
  const https = await open({ TLS: 'self-signed' })
  expect(https.certificate).toBe(null)
  expect(readFileSync(https.ca as string, 'utf8')).toMatch(/^-----BEGIN CERTIFICATE-----/)
  https.close()
  expect(existsSync(https.ca as string)).toBe(false)
})
