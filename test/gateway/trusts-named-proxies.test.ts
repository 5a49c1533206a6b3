import { expect, test } from 'vitest'
import type { Observer } from '../../src/gateway/record.js'
import { ok, startBoth } from '../support/proxy.js'
import { connect } from '../support/raw-client.js'

/** The caller's address as the gateway has it, for a request of this machine's with these fields. */
async function addressSeen (trusted: string | undefined, ...fields: string[]): Promise<string> {
  let told: (address: string) => void
  const address = new Promise<string>((resolve) => { told = resolve })
  const observer: Observer = { ended: (outcome) => { told(outcome.address) } }
  const both = await startBoth(ok('[]'), { observers: [observer], ...(trusted !== undefined && { settings: { TRUST_PROXY: trusted } }) })
  const client = await connect(both.url)
  client.send(`${both.head('GET', '/ledgers', ...fields)}\r\n`)
  await client.answer()
  return await address
}

test.each([
  ['no proxy is trusted', undefined, ['X-Forwarded-For: 203.0.113.9'], '127.0.0.1'],
  ['another proxy is trusted', '10.0.0.0/8', ['X-Forwarded-For: 203.0.113.9'], '127.0.0.1'],
  ['this one is', 'loopback', ['X-Forwarded-For: 203.0.113.9'], '203.0.113.9'],
  ['what the caller made up before it', '127.0.0.1', ['X-Forwarded-For: 198.51.100.1, 203.0.113.9'], '203.0.113.9'],
  ['in a header of its own', '127.0.0.1', ['X-Forwarded-For: 198.51.100.1', 'X-Forwarded-For: 203.0.113.9'], '203.0.113.9'],
  ['a chain of trusted ones', '127.0.0.0/8, 10.0.0.0/8', ['X-Forwarded-For: 198.51.100.1, 203.0.113.9, 10.1.1.1'], '203.0.113.9'],
  ['a chain with one that is not', '127.0.0.1', ['X-Forwarded-For: 203.0.113.9, 10.1.1.1'], '10.1.1.1'],
  ['IPv6', '127.0.0.1', ['X-Forwarded-For: 2001:db8::1'], '2001:db8::1'],
  ['IPv4 inside IPv6', '127.0.0.1', ['X-Forwarded-For: ::ffff:203.0.113.9'], '203.0.113.9'],
  ['no header', '127.0.0.1', [], '127.0.0.1'],
  ['other headers', '127.0.0.1', ['Forwarded: for=203.0.113.9', 'X-Real-IP: 203.0.113.9', 'True-Client-IP: 203.0.113.9'], '127.0.0.1']
])("the caller's address, where %s", async (_what, trusted, fields, seen) => {
  expect(await addressSeen(trusted, ...fields)).toBe(seen)
})
