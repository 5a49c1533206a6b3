import { readFileSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { ask } from '../support/raw-client.js'
import { ok, startProxy } from '../support/proxy.js'
import { startUpstream, type Upstream } from '../support/upstream.js'

// An authority of the tests' own, and two servers that it signed: one for 127.0.0.1, one for other.test.
const pem = (name: string): string => readFileSync(new URL(`certificates/${name}.pem`, import.meta.url), 'utf8')

async function startCore (name: string): Promise<Upstream> {
  const core = await startUpstream(ok('{"a":1}'), { cert: pem(name), key: pem(`${name}.key`) })
  onTestFinished(async () => { await core.close() })
  return core
}

test('core_ca makes a private authority trusted', async () => {
  const core = await startCore('core')
  const { url, head } = await startProxy(core.origin, { coreCa: pem('authority') })
  expect((await ask(url, `${head('GET', '/ledgers')}\r\n`)).body.toString()).toBe('{"a":1}')
})

test.each([
  ['an unknown authority', 'core', undefined],
  ['another host\'s certificate', 'other', pem('authority')],
  ['a certificate that the authority did not sign', 'core', pem('other')]
])('%s is a 502, and nothing is sent', async (_name, server, coreCa) => {
  const core = await startCore(server)
  const { url, head, logged } = await startProxy(core.origin, coreCa === undefined ? {} : { coreCa })
  const answer = await ask(url, `${head('POST', '/transactions', 'Content-Length: 2')}\r\n{}`)
  expect(answer.status).toBe(502)
  expect(JSON.parse(answer.body.toString())).toMatchObject({ error_detail: { code: 'CORE_UNREACHABLE' } })
  expect(answer.body.toString()).not.toMatch(/cert|127\.0\.0\.1|altname/i)
  expect(core.received).toHaveLength(0)
  expect(logged.join('')).toMatch(/CERT|certificate/i)
})

test('NODE_TLS_REJECT_UNAUTHORIZED does not switch it off', async () => {
  const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED']
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
  onTestFinished(() => {
    if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']
    else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before
  })
  const core = await startCore('core')
  const { url, head } = await startProxy(core.origin)
  expect((await ask(url, `${head('GET', '/ledgers')}\r\n`)).status).toBe(502)
})
