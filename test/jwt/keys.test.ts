import { writeFileSync, rmSync, mkdtempSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { fetchJson } from '../../src/jwt/fetch-json.js'
import { COOLDOWN_MS, createKeySet, FRESH_MS, RETRY_MS, STALE_MS } from '../../src/jwt/key-set.js'
import { keySource } from '../../src/jwt/key-source.js'
import { openJwt } from '../../src/jwt/token-kind.js'
import { verifyJwt } from '../../src/jwt/verify.js'
import { keptLog } from '../support/kept-log.js'
import { makePair, settingsFor, sign, startIssuer, type Issuer, type Pair } from './issuer.js'

const [first, second] = await Promise.all([makePair('first'), makePair('second')])

/** Keys of an issuer under a clock of the test's. */
function keysOf (issuer: Issuer): { check (pair: Pair): ReturnType<typeof verifyJwt>, pass (ms: number): void, lines: string[], fetched (): number, refresh (): Promise<void> } {
  let now = Date.now()
  const { log, lines } = keptLog()
  const settings = settingsFor(issuer.url)
  const keys = createKeySet(keySource(settings), log, () => now)
  return {
    check: async (pair) => await verifyJwt(await sign(pair, issuer.url), { key: keys.find, settings, now: Date.now() }),
    pass (ms) { now += ms },
    lines,
    fetched: () => issuer.asked.get('/keys') ?? 0,
    refresh: keys.refresh
  }
}

const GONE = (_request: unknown, response: ServerResponse): void => { response.destroy() }

test('where they are is discovered, and they are fetched once', async () => {
  const issuer = await startIssuer(first)
  const keys = keysOf(issuer)
  expect(await Promise.all([1, 2, 3].map(async () => await keys.check(first)))).toMatchObject([{ kind: 'jwt' }, { kind: 'jwt' }, { kind: 'jwt' }])
  expect(keys.fetched()).toBe(1)
})

test('an issuer that rotates: the new key is fetched when it is seen, and the old one no longer counts', async () => {
  const issuer = await startIssuer(first)
  const keys = keysOf(issuer)
  await keys.check(first)
  issuer.keys = [second.jwk]
  keys.pass(COOLDOWN_MS)
  expect(await keys.check(second)).toMatchObject({ kind: 'jwt' })
  expect(await keys.check(first)).toBe('jwt_unknown_key')
  expect(keys.fetched()).toBe(2)
})

test('a key that is withdrawn is known to be so within the time that keys are fresh', async () => {
  const issuer = await startIssuer(first, second)
  const keys = keysOf(issuer)
  await keys.check(first)
  issuer.keys = [second.jwk]
  keys.pass(FRESH_MS + 1)
  // Nobody waits for it: the one who asks first still has the old ones.
  expect(await keys.check(first)).toMatchObject({ kind: 'jwt' })
  await keys.refresh()
  expect(await keys.check(first)).toBe('jwt_unknown_key')
})

test('a flood of unknown keys asks the issuer once a cool-down', async () => {
  const issuer = await startIssuer(first)
  const keys = keysOf(issuer)
  await keys.check(first)
  const flood = async (): Promise<unknown[]> => await Promise.all(Array.from({ length: 50 }, async (_, i) => await keys.check({ ...second, kid: `unknown-${i}` })))
  expect(new Set(await flood())).toEqual(new Set(['jwt_unknown_key']))
  expect(keys.fetched()).toBe(1)
  keys.pass(COOLDOWN_MS)
  await flood()
  await flood()
  expect(keys.fetched()).toBe(2)
})

test('an issuer that is down: its keys are used for an hour, and it is said once', async () => {
  const issuer = await startIssuer(first)
  const keys = keysOf(issuer)
  await keys.check(first)
  issuer.answer = GONE
  keys.pass(FRESH_MS + 1)
  await keys.refresh()
  expect(await keys.check(first)).toMatchObject({ kind: 'jwt' })
  keys.pass(STALE_MS - FRESH_MS - COOLDOWN_MS)
  await keys.refresh()
  expect(await keys.check(first)).toMatchObject({ kind: 'jwt' })
  await expect(keys.check(second)).rejects.toMatchObject({ code: 'AUTH_KEYS_UNAVAILABLE', status: 503 })
  keys.pass(COOLDOWN_MS)
  await expect(keys.check(first)).rejects.toMatchObject({ code: 'AUTH_KEYS_UNAVAILABLE', headers: { 'Retry-After': '2' } })
  expect(keys.lines).toEqual([expect.stringMatching(/cannot be had, so those that were fetched last are used for an hour: .* cannot be reached \(UND_ERR_SOCKET\)$/)])
  issuer.answer = undefined
  keys.pass(COOLDOWN_MS)
  expect(await keys.check(first)).toMatchObject({ kind: 'jwt' })
  expect(keys.lines[1]).toBe('the keys of JWT_ISSUER are there again')
})

test('an issuer that was never there is asked once in two seconds', async () => {
  const issuer = await startIssuer(first)
  issuer.answer = GONE
  const keys = keysOf(issuer)
  for (let i = 0; i < 5; i++) await expect(keys.check(first)).rejects.toMatchObject({ code: 'AUTH_KEYS_UNAVAILABLE' })
  expect(keys.fetched()).toBe(1)
  issuer.answer = undefined
  keys.pass(RETRY_MS)
  expect(await keys.check(first)).toMatchObject({ kind: 'jwt' })
})

const BAD: ReadonlyArray<readonly [string, (response: ServerResponse) => void, RegExp]> = [
  ['garbage', (r) => { r.end('<html>') }, /is not JSON/],
  ['another status', (r) => { r.writeHead(500).end('{}') }, /answered 500/],
  ['elsewhere', (r) => { r.writeHead(302, { Location: 'http://127.0.0.1:1/' }).end() }, /answered 302/],
  ['no key set', (r) => { r.end('{"keys":{}}') }, /malformed/],
  ['no keys', (r) => { r.end('{"keys":[]}') }, /0 keys/],
  ['too many keys', (r) => { r.end(JSON.stringify({ keys: Array.from({ length: 101 }, () => first.jwk) })) }, /101 keys/]
]
test.each(BAD)('an answer that is no key set: %s', async (_name, answer, said) => {
  const issuer = await startIssuer(first)
  issuer.answer = (_request, response) => { answer(response) }
  const keys = keysOf(issuer)
  await expect(keys.check(first)).rejects.toMatchObject({ code: 'AUTH_KEYS_UNAVAILABLE' })
  expect(keys.lines).toEqual([expect.stringMatching(said)])
})

test('a gigabyte is left at half a megabyte', async () => {
  const issuer = await startIssuer(first)
  let sent = 0
  const chunk = Buffer.alloc(65_536, ' ')
  const cut = new Promise<void>((resolve) => {
    issuer.answer = (_request, response) => {
      const more = (): void => { while (!response.destroyed && sent < 1e9 && response.write(chunk)) sent += chunk.length }
      response.on('drain', more).on('close', resolve)
      more()
    }
  })
  await expect(fetchJson(`${issuer.url}/keys`)).rejects.toThrow(/more than 512 KiB/)
  await cut
  expect(sent).toBeLessThan(100e6)
})

test('an answer that trickles is given so much time in all', async () => {
  const issuer = await startIssuer(first)
  issuer.answer = (_request, response) => {
    const timer = setInterval(() => { response.write(' ') }, 100)
    response.on('close', () => { clearInterval(timer) })
  }
  await expect(fetchJson(`${issuer.url}/keys`, 500)).rejects.toThrow(/did not answer in 0.5 s/)
})

test('the discovery document must name the issuer', async () => {
  const issuer = await startIssuer(first)
  await expect(keySource(settingsFor(`${issuer.url}/`))()).rejects.toThrow(/names another issuer/)
})

test.each(['http://id.example.com/keys', 'ftp://127.0.0.1/', 'file:///etc/passwd', 'https://user:secret@id.example.com/'])('%s is not fetched', async (address) => {
  await expect(fetchJson(address)).rejects.toThrow(/neither https nor on this machine/)
})

test('keys of a file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'blnk-gateway-jwks-'))
  onTestFinished(() => { rmSync(folder, { recursive: true }) })
  const path = join(folder, 'keys.json')
  const settings = settingsFor('company', { JWT_JWKS_FILE: path })
  const { log } = keptLog()
  await expect(openJwt(settings, log)).rejects.toThrow(/^JWT_JWKS_FILE cannot be used: .* cannot be read \(ENOENT\)$/)
  writeFileSync(path, JSON.stringify({ keys: [first.jwk] }))
  const kind = await openJwt(settings, log)
  expect(await kind.find(await sign(first, 'company'), Date.now())).toMatchObject({ id: 'company#user-1' })
})
