import { createHmac, generateKeyPairSync } from 'node:crypto'
import { CompactSign, exportSPKI, SignJWT } from 'jose'
import { expect, test } from 'vitest'
import { createKeySet } from '../../src/jwt/key-set.js'
import type { JwtSettings } from '../../src/jwt/settings.js'
import { jwtKind } from '../../src/jwt/token-kind.js'
import { verifyJwt } from '../../src/jwt/verify.js'
import { keptLog } from '../support/kept-log.js'
import { makePair, settingsFor, sign } from './issuer.js'

const ISSUER = 'https://id.example.com'
const pair = await makePair('one')
const other = await makePair('one')
const rsa = await makePair('rsa', 'RS256')
const edwards = await makePair('edwards', 'EdDSA')
const settings = settingsFor(ISSUER)
const now = Date.now()
const seconds = Math.floor(now / 1000)

async function check (token: string, own: JwtSettings = settings): ReturnType<typeof verifyJwt> {
  const { log } = keptLog()
  const { find } = createKeySet(async () => ({ keys: [pair.jwk, rsa.jwk, edwards.jwk] }), log)
  return await verifyJwt(token, { key: find, settings: own, now })
}

test('a right token says who calls', async () => {
  const found = await check(await sign(pair, ISSUER, { claims: { client_id: 'billing', exp: seconds + 60 } }))
  expect(found).toEqual({ id: `${ISSUER}#user-1`, prefix: expect.stringMatching(/^jwt_[0-9a-f]{8}$/), name: 'billing', subject: 'user-1', scopes: ['openid', 'proxy:read'], kind: 'jwt', instances: null, expiresAt: (seconds + 60) * 1000, revokedAt: null })
})

test.each([rsa, edwards])('signed with $alg', async (one) => {
  expect(await check(await sign(one, ISSUER))).toMatchObject({ subject: 'user-1' })
})

const CLAIMS: ReadonlyArray<readonly [name: string, claims: object, refusal: string]> = [
  ['another issuer', { iss: 'https://id.example.org' }, 'jwt_wrong_issuer'],
  ['an issuer with a slash more', { iss: `${ISSUER}/` }, 'jwt_wrong_issuer'],
  ['no issuer', { iss: undefined }, 'jwt_claim_missing'],
  ['another audience', { aud: 'payroll' }, 'jwt_wrong_audience'],
  ['several audiences, none of them ours', { aud: ['payroll', 'ledgers'] }, 'jwt_wrong_audience'],
  ['no audience', { aud: undefined }, 'jwt_claim_missing'],
  ['it is over', { exp: seconds - 31 }, 'expired'],
  ['an end that is no number', { exp: 'never' }, 'jwt_malformed'],
  ['no end', { exp: undefined }, 'jwt_claim_missing'],
  ['not valid yet', { nbf: seconds + 32 }, 'jwt_not_yet_valid'],
  ['no subject', { sub: undefined }, 'jwt_claim_missing'],
  ['a subject that is no text', { sub: { a: 1 } }, 'jwt_malformed'],
  ['an empty subject', { sub: '' }, 'jwt_malformed'],
  ['a subject that no log takes', { sub: 'a\u0000b\u001b[2J' }, 'jwt_malformed'],
  ['a subject without end', { sub: 'a'.repeat(256) }, 'jwt_malformed'],
  ['an ID token', { at_hash: 'x' }, 'jwt_wrong_type']
]
test.each(CLAIMS)('refused for its claims: %s', async (_name, claims, refusal) => {
  expect(await check(await sign(pair, ISSUER, { claims: claims as Record<string, string> }))).toBe(refusal)
})

test('a time that never comes is no end', async () => {
  const payload = Buffer.from(JSON.stringify({ ...right, exp: 0 }).replace('"exp":0', '"exp":1e400'))
  const endless = await new CompactSign(payload).setProtectedHeader({ alg: pair.alg, kid: pair.kid }).sign(pair.privateKey)
  expect(await check(endless)).toBe('jwt_malformed')
})

test('clocks may differ by JWT_CLOCK_SKEW', async () => {
  expect(await check(await sign(pair, ISSUER, { claims: { exp: seconds - 25, nbf: seconds + 25 } }))).toMatchObject({ kind: 'jwt' })
  const strict = settingsFor(ISSUER, { JWT_CLOCK_SKEW: '0' })
  expect(await check(await sign(pair, ISSUER, { claims: { exp: seconds - 1 } }), strict)).toBe('expired')
})

test.each([
  ['typ of a logout token', { typ: 'logout+jwt' }, 'jwt_wrong_type'],
  ['a key that is not the issuer\'s', { kid: 'two' }, 'jwt_unknown_key'],
  ['an extension that must be understood', { crit: ['exp2'], exp2: 1 }, 'jwt_malformed']
])('refused for its header: %s', async (_name, header, refusal) => {
  const token = await sign(pair, ISSUER, { header }).catch(() => unsigned({ alg: 'ES256', kid: 'one', ...header }, 'c2ln'))
  expect(await check(token)).toBe(refusal)
})

test.each([undefined, 'JWT', 'at+jwt', 'application/at+jwt'])('typ %s is one of an access token', async (typ) => {
  expect(await check(await sign(pair, ISSUER, { header: { typ } }))).toMatchObject({ kind: 'jwt' })
})

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const right = { iss: ISSUER, aud: 'ledger', sub: 'user-1', scope: '*', exp: seconds + 600 }
const unsigned = (header: object, signature = ''): string => `${part(header)}.${part(right)}.${signature}`

test('none is no signature, in any spelling', async () => {
  for (const alg of ['none', 'None', 'NONE']) expect(await check(unsigned({ alg }))).toMatch(/^jwt_(algorithm_not_allowed|malformed)$/)
})

test('a public key is no shared secret', async () => {
  const pem = await exportSPKI(rsa.publicKey)
  const secrets = [pem, pem.trim(), Buffer.from(JSON.stringify(rsa.jwk))]
  for (const secret of secrets) {
    const head = `${part({ alg: 'HS256', kid: 'rsa' })}.${part(right)}`
    expect(await check(`${head}.${createHmac('sha256', secret).update(head).digest('base64url')}`)).toBe('jwt_algorithm_not_allowed')
  }
})

test('an algorithm that is not listed', async () => {
  expect(await check(await sign(rsa, ISSUER), settingsFor(ISSUER, { JWT_ALGORITHMS: 'ES256' }))).toBe('jwt_algorithm_not_allowed')
})

test('keys that a token brings along, or points to, are not looked at', async () => {
  for (const header of [{ jwk: other.jwk }, { jku: 'http://127.0.0.1:1/keys' }, { x5u: 'http://127.0.0.1:1/cert' }, { x5c: ['AAAA'] }]) {
    expect(await check(await sign(other, ISSUER, { header }))).toBe('jwt_bad_signature')
    expect(await check(await sign(pair, ISSUER, { header }))).toMatchObject({ kind: 'jwt' })
  }
})

test('a token that was changed', async () => {
  const [header, , signature] = (await sign(pair, ISSUER)).split('.')
  expect(await check(`${header}.${part(right)}.${signature}`)).toBe('jwt_bad_signature')
})

test('keys without names are tried in turn', async () => {
  const { kid: _kid, ...first } = other.jwk
  const { kid: _other, ...second } = pair.jwk
  const { find } = createKeySet(async () => ({ keys: [first, second] }), keptLog().log)
  const token = await sign(pair, ISSUER, { header: { kid: undefined } })
  expect(await verifyJwt(token, { key: find, settings, now })).toMatchObject({ kind: 'jwt' })
  const strange = await sign(await makePair('x'), ISSUER, { header: { kid: undefined } })
  expect(await verifyJwt(strange, { key: find, settings, now })).toBe('jwt_bad_signature')
})

test('a key without a name that is too short hinders none of the others', async () => {
  const { kid: _kid, ...long } = rsa.jwk
  const short = { ...generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' }), alg: 'RS256' }
  const { find } = createKeySet(async () => ({ keys: [short, long] }), keptLog().log)
  expect(await verifyJwt(await sign(rsa, ISSUER, { header: { kid: undefined } }), { key: find, settings, now })).toMatchObject({ kind: 'jwt' })
})

test.each([
  ['text', 'JWT_SCOPES_CLAIM', 'scp', { scp: 'proxy:read data:read' }, ['proxy:read', 'data:read']],
  ['a list', 'JWT_SCOPES_CLAIM', 'roles', { roles: ['proxy:read', 5, 'data:read'] }, ['proxy:read', 'data:read']],
  ['the member of a member', 'JWT_SCOPES_CLAIM', 'realm_access.roles', { realm_access: { roles: ['*'] } }, ['*']],
  ['a name with dots', 'JWT_SCOPES_CLAIM', 'https://example.com/scopes', { 'https://example.com/scopes': '*' }, ['*']],
  ['none', 'JWT_SCOPES_CLAIM', 'roles', {}, []],
  ['nothing of the language\'s own', 'JWT_SCOPES_CLAIM', 'constructor.name', {}, []]
])('scopes come from a claim: %s', async (_name, env, claim, claims, scopes) => {
  expect(await check(await sign(pair, ISSUER, { claims }), settingsFor(ISSUER, { [env]: claim }))).toMatchObject({ scopes })
})

test('roles are translated, and what is not in the map counts for nothing', async () => {
  const own = settingsFor(ISSUER, { JWT_SCOPES_CLAIM: 'roles', JWT_SCOPE_MAP: 'ledger-admin=*, reader=proxy:read data:read' })
  expect(await check(await sign(pair, ISSUER, { claims: { roles: ['reader', '*', 'proxy:write'] } }), own)).toMatchObject({ scopes: ['proxy:read', 'data:read'] })
})

test.each([[{}, []], [{ instances: '*' }, null], [{ instances: 'inst_1 inst_2' }, ['inst_1', 'inst_2']], [{ instances: ['inst_1'] }, ['inst_1']], [{ instances: 7 }, []]])('instances of %o', async (claims, instances) => {
  expect(await check(await sign(pair, ISSUER, { claims }), settingsFor(ISSUER, { JWT_INSTANCES_CLAIM: 'instances' }))).toMatchObject({ instances })
})

test('what is no JWT by its form is left to other kinds', async () => {
  const kind = jwtKind(settings, createKeySet(async () => ({ keys: [pair.jwk] }), keptLog().log))
  expect(kind.matches(await sign(pair, ISSUER))).toBe(true)
  expect(kind.matches(unsigned({ alg: 'none' }))).toBe(true)
  expect(['blnk_a.b.c', 'a.b', 'a.b.c', 'eyJ.b', 'eyJhbGciOiJub25lIn0..', 'eyJ.b.c.d.e'].filter((one) => kind.matches(one))).toEqual([])
})

test('a verified token is not verified again for a minute, and never beyond its end', async () => {
  const kind = jwtKind(settings, createKeySet(async () => ({ keys: [pair.jwk] }), keptLog().log))
  const long = await sign(pair, ISSUER)
  const short = await new SignJWT({ scope: '*' }).setProtectedHeader({ alg: 'ES256', kid: 'one' }).setIssuer(ISSUER).setAudience('ledger').setSubject('a').setExpirationTime(seconds + 10).sign(pair.privateKey)
  for (const token of [long, short]) expect(await kind.find(token, now)).toMatchObject({ kind: 'jwt' })
  expect(kind.find(long, now + 59_000)).toMatchObject({ kind: 'jwt' })
  expect(kind.find(long, now + 61_000)).toBeInstanceOf(Promise)
  expect(kind.find(short, now + 9_000)).toMatchObject({ kind: 'jwt' })
  expect(await kind.find(short, now + 50_000)).toBe('expired')
})
