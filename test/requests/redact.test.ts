import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isSecretName, redactForm, redactHeaders, redactTarget, redactText, REMOVED } from '../../src/requests/redact.js'

const LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZ'
/** Text that occurs nowhere else, so that any four of its characters in a row betray it. */
const word = (least: number): fc.Arbitrary<string> => fc.string({ unit: fc.constantFrom(...LETTERS), minLength: least, maxLength: 60 })
const secretName = fc.constantFrom('secret', 'client_secret', 'clientSecret', 'token', 'access_token', 'refreshToken', 'password', 'api_key', 'apiKey', 'API_KEY', 'key', 'core_key', 'Authorization', 'X-Api-Key', '\u017fecret', 'to\u212aen', 'database_url')
// The eight characters that show are not of the word.
const token = word(12).map((text) => `blnk_a1b2c3d4${text}`)
const bearer = word(16).map((text) => `Bearer ${text}`)
const plainName = fc.constantFrom('amount', 'meta_data', 'name', 'a b', 'é', 'transactions')
const plain = fc.oneof(fc.integer(), fc.boolean(), fc.constant(null), fc.constantFrom('usd', 'a "quoted" word', 'back\\slash', 'http://localhost/x?y=1', '😀', '{', '"', '\\"'))

interface Made { readonly value: unknown, readonly secrets: readonly string[] }

const hidden: fc.Arbitrary<Made> = fc.oneof(
  fc.record({ name: secretName, secret: word(8), how: fc.constantFrom('text', 'array', 'object', 'spaced') }).map(({ name, secret, how }) => ({
    value: { [name]: how === 'text' ? secret : how === 'array' ? [1, secret, { a: secret }] : how === 'object' ? { deep: { er: secret } } : `${secret.slice(0, 4)}", ${secret.slice(4)}` },
    secrets: how === 'spaced' ? [secret.slice(0, 4), secret.slice(4)] : [secret]
  })),
  token.map((secret) => ({ value: `see ${secret}, it said`, secrets: [secret.slice(13)] })),
  token.map((secret) => ({ value: { [secret]: 1 }, secrets: [secret.slice(13)] })),
  bearer.map((secret) => ({ value: secret, secrets: [secret.slice(7)] })),
  word(8).map((secret) => ({ value: `postgres://user:${secret}@db:5432/x`, secrets: [secret] })),
  fc.tuple(secretName, word(8)).map(([name, secret]) => ({ value: `http://h/p?a=1&${encodeURIComponent(name)}=${secret}&b=2`, secrets: [secret] }))
)

const { tree } = fc.letrec<{ tree: Made }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small' },
    plain.map((value) => ({ value, secrets: [] })),
    hidden,
    fc.array(tie('tree'), { maxLength: 4 }).map((all) => ({ value: all.map(({ value }) => value), secrets: all.flatMap(({ secrets }) => secrets) })),
    fc.array(fc.tuple(plainName, tie('tree')), { maxLength: 4 }).map((all) => ({ value: Object.fromEntries(all.map(([name, { value }], at) => [`${name}${at}`, value])), secrets: all.flatMap(([, { secrets }]) => secrets) })),
    // JSON in a string of JSON, as a webhook's body is in the list of deliveries.
    tie('tree').map(({ value, secrets }) => ({ value: JSON.stringify(value), secrets }))
  )
}))

/** Some of the letters as \u escapes, which a reader of JSON takes for the same. */
const spelled = (text: string, every: number): string => text.replace(/[A-Za-z_]/g, (letter, at: number) => every > 0 && at % every === 0 && text[at - 1] !== '\\' && !/\\u[\dA-Fa-f]{0,3}$/.test(text.slice(Math.max(0, at - 5), at)) && !inWord(text, at) ? `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}` : letter)
/** true and null are not spelled otherwise. */
const inWord = (text: string, at: number): boolean => /^(true|false|null)/.test(text.slice(Math.max(0, at - 4)).replace(/^[^tfn]*/, ''))

const betrayed = (kept: string, secrets: readonly string[]): string[] => secrets.flatMap((secret) => {
  const flat = kept.replace(/\\+u([\da-f]{4})/gi, (_, code: string) => String.fromCharCode(parseInt(code, 16)))
  const found: string[] = []
  for (let i = 0; i + 4 <= secret.length; i++) if (flat.includes(secret.slice(i, i + 4))) found.push(secret.slice(i, i + 4))
  return found
})

test('no secret survives, wherever it is in a JSON text, however it is spelled, and wherever the text is cut', () => {
  fc.assert(fc.property(tree, fc.integer({ min: 0, max: 9 }), fc.nat(), fc.constantFrom(undefined, 2), ({ value, secrets }, every, where, indent) => {
    const text = spelled(JSON.stringify(value, undefined, indent), every)
    expect(betrayed(redactText(text), secrets)).toEqual([])
    const cut = text.slice(0, where % (text.length + 1))
    expect(betrayed(redactText(cut, true), secrets)).toEqual([])
  }), { numRuns: 2000 })
})

test('JSON stays JSON, and what holds no secret stays byte for byte', () => {
  fc.assert(fc.property(tree, ({ value, secrets }) => {
    const text = JSON.stringify(value)
    const kept = redactText(text)
    expect(() => { JSON.parse(kept) }).not.toThrow()
    if (secrets.length === 0) expect(kept).toBe(text)
  }), { numRuns: 500 })
})

test.each([
  ["{'api_key': 'of somebody', 'a': 1}", 'somebody'],
  ['{api_key: "of somebody"}', 'somebody'],
  ['{"api_key" = "of somebody"}', 'somebody'],
  ['{"password": of somebody', 'somebody'],
  ['{"key": 123456789', '1234'],
  ['password=somebody&a=1', 'somebody'],
  ['it said token=somebody.', 'somebody'],
  ['{"url":"postgres://me:somebody', 'somebody'],
  ["{'keys': ['a', 'of somebody'], 'b': {'c': 1}}", 'somebody'],
  ["{'key': 'it\\'s somebody'}", 'somebody'],
  ['{`key`: `somebody`}', 'somebody'],
  ['{keys: {a: ["x", "of somebody"]}}', 'somebody'],
  ['{"note": "curl https://h -H X-Blnk-Key: somebody"}', 'somebody'],
  ['{"headers": ["Authorization: Basic of somebody"]}', 'somebody'],
  [`{"said": "Basic ${Buffer.from('me:secret').toString('base64')}"}`, 'bWU6'],
  ['{"said": "Basic bWU6c2Vjc', 'bWU6'],
  ['{"assertion": "eyJhbGciOiJIUzI1NiJ9.somebody.abc"}', 'somebody'],
  ['{"pem": "-----BEGIN EC PRIVATE KEY-----\\nsomebody\\n-----END EC PRIVATE KEY-----"}', 'somebody']
])('what is no JSON: %s', (text, secret) => {
  expect(redactText(text, true)).not.toContain(secret)
})

test('names that say secret, and names that only look like it', () => {
  for (const name of ['key', 'keys', 'apikey', 'APIKey', 'x-blnk-key', 'sandbox_core_key', 'secret', 'SECRET_KEY', 'accesstoken', 'Set-Cookie', 'passwordHash', 'proxy-authorization', 'X-Original-Authorization', ' authorization ', 'X-Auth', 'token1', 'jwt', 'card_pin', 'X-Amz-Signature']) expect([name, isSecretName(name)]).toEqual([name, true])
  for (const name of ['tokenized_fields', 'token_type', 'monkey', 'keyword', 'reference', 'name', 'key_prefix', 'api_key_prefix', 'description', 'bypass', 'idempotency-key', 'currency', 'authorization_id', 'auth_type', 'shipping', 'sign', 'signature_count']) expect([name, isSecretName(name)]).toEqual([name, false])
})

test('forms, targets and headers', () => {
  expect(redactForm('grant_type=refresh_token&refresh%5Ftoken=abc&code=xyz&a=blnk%5F0123456789abcdef')).toBe(`grant_type=refresh_token&refresh%5Ftoken=${REMOVED}&code=${REMOVED}&a=blnk_01234567…`)
  expect(redactTarget('/proxy/ledgers?instance_id=inst_1&token=abc')).toBe(`/proxy/ledgers?instance_id=inst_1&token=${REMOVED}`)
  expect(redactTarget('/x/blnk%5F0123456789abcdef')).toBe('/x/blnk_01234567…')
  // One byte that is no UTF-8 hides nothing.
  expect(redactTarget('/%ff/blnk%5F0123456789abcdef')).not.toContain('abcdef')
  expect(redactForm('%ff=1&to%6Ben%ff=abc')).not.toContain('abc')
  expect(redactHeaders(['AUTHORIZATION', 'Basic eA==', 'Cookie', 'a=b', 'x_blnk_key', 'k', 'Location', 'https://a/cb?code=xyz&state=1', 'Accept', '*/*', 'X-Note', 'Bearer 0123456789abcdefghi']))
    .toEqual([['AUTHORIZATION', REMOVED], ['Cookie', REMOVED], ['x_blnk_key', REMOVED], ['Location', `https://a/cb?code=${REMOVED}&state=1`], ['Accept', '*/*'], ['X-Note', `Bearer ${REMOVED}`]])
})

test('an ordinary transaction is kept as it was sent', () => {
  for (const one of ['{"description": "Basic subscription: 3 months, paid by key account"}', '{"created_at": "2026-01-01T00:00:00Z", "note": "ratio 1:2 at http://localhost:80/x"}']) expect(redactText(one)).toBe(one)
  const text = '{"amount": 1e2, "precise_amount": 123456789012345678901234567890, "source": "@World", "description": "Basic \\u00e9 fee: 60%", "meta_data": {"note": "a=b"}}'
  expect(redactText(text)).toBe(text)
})

test('a text made to be slow is not', () => {
  for (const text of ['a'.repeat(16_384), 'bearer '.repeat(2_400), '://'.repeat(5_500), '"key":['.repeat(2_300), 'key='.repeat(4_096), '\\"'.repeat(8_000), 'a '.repeat(8_000) + '%', 'eyJaaaaaaaaa-'.repeat(1_300), 'key:['.repeat(3_300), 'key:[]"a"'.repeat(2_000), 'key:{'.repeat(3_000) + '"', 'a:'.repeat(8_000) + '%', 'basic '.repeat(2_700), '-----BEGIN PRIVATE KEY-----'.repeat(600)]) {
    const from = performance.now()
    redactText(text, true)
    // A quadratic reading of these takes seconds.
    expect(performance.now() - from).toBeLessThan(1_000)
  }
})
