import { describe, expect, test } from 'vitest'
import type { Found, TokenKind } from '../../src/auth/credentials.js'
import { HINTS, type Hint } from '../../src/errors.js'
import { admit, admitToNothing, Refused } from '../../src/gateway/admit.js'
import type { Row } from '../../src/gateway/row.js'
import { ADMIN, by, KEYS, refusal, request, roomsWith, row, upstream, type Head, type Setting } from '../support/admission.js'

// From the head of a request alone: what each refusal tells the caller, what it leaves to the log, and in which order.

const CHALLENGE = 'Bearer realm="blnk-gateway"'

describe('what is admitted', () => {
  test('has the credential, the instance and its Core, at once and without a promise', () => {
    const rooms = roomsWith()
    const asked = row()
    expect(admit(rooms, asked, request(by('reader')))).toEqual({ requestId: 'req_1', row: asked, rooms, credential: KEYS.reader, instanceId: 'inst_1', upstream })
  })

  test('has no Core where the instance has none: whoever forwards says so', () => {
    expect(admit(roomsWith(), row(), request(by('all', '/proxy/ledgers?instance_id=inst_bare')))).toMatchObject({ instanceId: 'inst_bare', upstream: undefined })
  })

  test('has no instance on a row that needs none, be it named or not', () => {
    for (const url of ['/alerts', '/alerts?instance_id=inst_nowhere']) {
      expect(admit(roomsWith(), row({ instance: 'none' }), request(by('bound', url)))).toMatchObject({ credential: KEYS.bound, instanceId: undefined, upstream: undefined })
    }
  })

  test('a public row asks nothing, not even that the gateway is ready', () => {
    const rooms = roomsWith({ isOpen: false, isStale: true })
    const asked = row({ scope: 'public' })
    expect(admit(rooms, asked, request({}))).toEqual({ requestId: 'req_1', row: asked, rooms, credential: undefined, instanceId: undefined, upstream: undefined })
  })

  test('an admin row asks for the admin token alone, however old the credentials in memory are', () => {
    const head = { headers: { authorization: `Bearer ${ADMIN}` } }
    expect(admit(roomsWith({ isStale: true }), row({ scope: 'admin' }), request(head))).toMatchObject({ requestId: 'req_1', credential: undefined, instanceId: undefined })
  })

  test('a key bound to the instance, and one called from its address', () => {
    expect(admit(roomsWith(), row(), request(by('bound')))).toMatchObject({ credential: KEYS.bound })
    expect(admit(roomsWith(), row(), request(by('listed')))).toMatchObject({ credential: KEYS.listed })
  })

  test('the use of a key is noted with its address, once its address was admitted', async () => {
    const rooms = roomsWith()
    const before = Date.now()
    await admit(rooms, row(), request(by('all')))
    await admit(rooms, row(), request({ ...by('bound'), address: null }))
    expect(() => admit(rooms, row(), request({ ...by('listed'), address: '198.51.100.1' }))).toThrow('198.51.100.1')
    const used = rooms.credentials.takeUsed()
    expect([...used].map(([id, { address }]) => [id, address])).toEqual([['id_all', '192.0.2.1'], ['id_bound', '']])
    expect(used.get('id_all')!.at).toBeGreaterThanOrEqual(before)
  })
})

describe('without a bearer token', () => {
  test.each<[string, Head, string, string]>([
    ['none', {}, CHALLENGE, 'no_credential'],
    ['a key in the query', { url: '/proxy/ledgers?api_key=x' }, CHALLENGE, 'credential_in_query'],
    ["a Core's header", { headers: { 'x-blnk-key': 'x' } }, CHALLENGE, 'core_header'],
    ['Basic', { headers: { authorization: 'Basic x' } }, `${CHALLENGE}, error="invalid_request"`, 'basic_credentials'],
    ['another scheme', { headers: { authorization: 'Digest realm="x"' } }, `${CHALLENGE}, error="invalid_request"`, 'not_a_bearer_token']
  ])('%s', async (_name, head, challenge, reason) => {
    const refused = await refusal(head)
    expect([refused.code, refused.who, refused.headers]).toEqual(['AUTH_REQUIRED', { reason }, { 'WWW-Authenticate': challenge }])
    expect(refused.details).toEqual(reason in HINTS ? { hint: reason } : undefined)
  })

  test('PUBLIC_URL says where a token is got, and no Host does', async () => {
    const refused = await refusal({ headers: { host: 'evil.test' } }, {}, { settings: { PUBLIC_URL: 'https://ledger.test' } })
    expect(refused.headers).toEqual({ 'WWW-Authenticate': `${CHALLENGE}, resource_metadata="https://ledger.test/.well-known/oauth-protected-resource"` })
  })
})

/** A kind of token whose form is `name.…`. */
const kind = (name: string, found: Found | Promise<Found>): TokenKind => ({ matches: (token) => token.startsWith(`${name}.`), find: () => found })

describe('with a token that is not taken', () => {
  test.each<[string, Found | undefined, string, string, Hint | undefined]>([
    ['blnk_nobody', undefined, 'unknown_credential', '', undefined],
    ['blnk_revoked', undefined, 'revoked_credential', 'revoked', undefined],
    ['blnk_expired', undefined, 'expired_credential', 'expired', undefined],
    ['blnk_rt_x', undefined, 'refresh_token', '', 'refresh_token'],
    ['key-of-a-core', undefined, 'core_key', '', 'core_key'],
    ['it.is', 'expired', 'expired_credential', '', 'core_key'],
    ['it.is', 'jwt_wrong_audience', 'jwt_wrong_audience', '', 'core_key'],
    ['it.is', { refused: 'revoked', credential: KEYS.all }, 'revoked_credential', 'all', 'core_key']
  ])('%s, found %j: %s', async (token, found, reason, whose, hint) => {
    const refused = await refusal({ headers: { authorization: `Bearer ${token}` } }, {}, found === undefined ? {} : { tokenKinds: [kind('it', found)] })
    expect([refused.code, refused.headers]).toEqual(['AUTH_INVALID', { 'WWW-Authenticate': `${CHALLENGE}, error="invalid_token"` }])
    expect(refused.who).toEqual({ reason, ...(whose !== '' && { credential: KEYS[whose as keyof typeof KEYS] }) })
    expect(refused.details).toEqual(hint && { hint })
  })

  test('PUBLIC_URL says where a token is got', async () => {
    const refused = await refusal({ headers: { authorization: 'Bearer blnk_nobody' } }, {}, { settings: { PUBLIC_URL: 'https://ledger.test' } })
    expect(refused.headers['WWW-Authenticate']).toBe(`${CHALLENGE}, error="invalid_token", resource_metadata="https://ledger.test/.well-known/oauth-protected-resource"`)
  })
})

describe('other kinds of tokens', () => {
  const head = { headers: { authorization: 'Bearer two.x' } }

  test('the first whose form it has decides, now or later, and no use of a key is noted', async () => {
    for (const found of [KEYS.data, Promise.resolve(KEYS.data)]) {
      const rooms = roomsWith({ tokenKinds: [kind('one', KEYS.all), kind('two', found), kind('two', KEYS.all)] })
      expect(await admit(rooms, row({ scope: 'data:read' }), request(head))).toMatchObject({ credential: KEYS.data, instanceId: 'inst_1' })
      expect(rooms.credentials.takeUsed().size).toBe(0)
    }
  })

  test('one that is known later is judged as one that is known now', async () => {
    const later = async (found: Found): Promise<Refused> => await refusal({ ...head, address: '198.51.100.1' }, {}, { tokenKinds: [kind('two', Promise.resolve(found))] })
    expect((await later('unknown')).code).toBe('AUTH_INVALID')
    expect((await later(KEYS.listed)).code).toBe('ADDRESS_FORBIDDEN')
    expect((await later(KEYS.powerless)).code).toBe('AUTH_INSUFFICIENT_SCOPE')
  })
})

describe('the admin API', () => {
  const admin = async (head: Head): Promise<Refused> => await refusal(head, { scope: 'admin' }, { settings: { PUBLIC_URL: 'https://ledger.test' } })

  test('says which token it needs, and points to no place where one would be got', async () => {
    const refused = await admin({})
    expect([refused.code, refused.who, refused.headers]).toEqual(['AUTH_REQUIRED', { reason: 'no_credential' }, { 'WWW-Authenticate': CHALLENGE }])
    expect(refused.message).toBe('The admin API needs the admin token: send Authorization: Bearer YOUR_ADMIN_TOKEN')
    expect(await admin({ url: '/admin/keys?token=x' })).toMatchObject({ who: { reason: 'credential_in_query' }, details: { hint: 'credential_in_query' } })
  })

  test.each([[`${ADMIN}x`, undefined], ['x', undefined], ['blnk_all', 'api_key_for_admin']])('%s is not it', async (token, hint) => {
    const refused = await admin({ headers: { authorization: `Bearer ${token}` } })
    expect([refused.code, refused.who]).toEqual(['AUTH_INVALID', { reason: 'wrong_admin_token' }])
    expect(refused.headers).toEqual({ 'WWW-Authenticate': `${CHALLENGE}, error="invalid_token"` })
    expect(refused.details).toEqual(hint && { hint })
  })
})

describe('what a credential may', () => {
  test.each<[keyof typeof KEYS, Row['scope'], string, string]>([
    ['reader', 'proxy:write', 'proxy:read, alerts:read; GET here needs proxy:write', 'proxy:write'],
    ['powerless', ['data:read', 'alerts:read'], 'none; GET here needs data:read or alerts:read', 'data:read alerts:read']
  ])('%s and %j', async (key, scope, sentence, challenged) => {
    const refused = await refusal(by(key), { scope }, { settings: { PUBLIC_URL: 'https://ledger.test' } })
    expect([refused.code, refused.who]).toEqual(['AUTH_INSUFFICIENT_SCOPE', { reason: 'insufficient_scope', credential: KEYS[key] }])
    expect(refused.message).toBe(`insufficient scope: this credential has ${sentence}`)
    expect(refused.headers).toEqual({ 'WWW-Authenticate': `${CHALLENGE}, error="insufficient_scope", scope="${challenged}", resource_metadata="https://ledger.test/.well-known/oauth-protected-resource"` })
  })

  test('STRICT_SCOPES is heard', async () => {
    expect(admit(roomsWith(), row(), request(by('data')))).toMatchObject({ credential: KEYS.data })
    expect((await refusal(by('data'), {}, { settings: { STRICT_SCOPES: 'true' } })).code).toBe('AUTH_INSUFFICIENT_SCOPE')
  })

  test.each([
    ['198.51.100.1', '198.51.100.1'], ['2001:db8::1', '2001:db8::1'], ['not an address', 'an unknown address'], [null, 'an unknown address']
  ])('from %s', async (address, said) => {
    const refused = await refusal({ ...by('listed'), address })
    expect([refused.code, refused.who]).toEqual(['ADDRESS_FORBIDDEN', { reason: 'address_not_listed', credential: KEYS.listed }])
    expect(refused.message).toBe(`This key is not taken from ${said}: call from an address of its list; behind a proxy, TRUST_PROXY must name it`)
  })

  test.each([
    ['documented', undefined, true], ['documented', 'documented', true], ['documented', 'core', false], ['documented', 'any', false],
    ['core', 'documented', true], ['core', 'core', true], ['core', 'any', false], ['any', 'any', true]
  ] as const)('PROXY_ROUTES=%s and a row of %s: %s', async (setting, tier, open) => {
    const settings = { PROXY_ROUTES: setting }
    const more = tier === undefined ? {} : { tier }
    if (open) {
      expect(admit(roomsWith({ settings }), row(more), request(by('all')))).toMatchObject({ instanceId: 'inst_1' })
      return
    }
    const refused = await refusal(by('all'), more, { settings })
    expect([refused.code, refused.who]).toEqual(['ROUTE_NOT_OPEN', { reason: 'route_not_open', credential: KEYS.all }])
    expect(refused.message).toBe(`GET /proxy/ledgers is not open through the proxy: start the gateway with PROXY_ROUTES=${tier}`)
  })
})

describe('instance_id', () => {
  test.each<[string, Head, Hint | undefined]>([
    ['missing', { url: '/proxy/ledgers' }, undefined],
    ['empty', { url: '/proxy/ledgers?instance_id=' }, 'instance_empty'],
    ['in a header', { url: '/proxy/ledgers', headers: { 'x-instance-id': 'inst_1' } }, 'instance_in_header'],
    ['perhaps in the body', { url: '/proxy/ledgers', headers: { 'content-length': '9' } }, 'instance_in_body']
  ])('%s', async (_name, { url, headers }, hint) => {
    const refused = await refusal({ url: url!, headers: { ...by('all').headers, ...headers } })
    expect([refused.code, refused.who]).toEqual(['INSTANCE_ID_REQUIRED', { reason: 'no_instance_id', credential: KEYS.all }])
    expect(refused.details).toEqual(hint && { hint })
  })

  test('given twice', async () => {
    expect((await refusal(by('all', '/proxy/ledgers?instance_id=inst_1&instance_id=inst_1'))).code).toBe('INSTANCE_ID_REPEATED')
  })

  test('of an instance that there is not', async () => {
    const refused = await refusal(by('all', '/proxy/ledgers?instance_id=inst_2'))
    expect([refused.code, refused.who]).toEqual(['INSTANCE_NOT_FOUND', { reason: 'unknown_instance', credential: KEYS.all, instance: 'inst_2' }])
  })

  test.each<[keyof typeof KEYS, string, string]>([
    ['bound', 'inst_bare', 'the instance inst_1'], ['bound', 'inst_nowhere', 'the instance inst_1'], ['boundToTwo', 'inst_1', 'the instances inst_2, inst_3'], ['boundToNone', 'inst_1', 'no instance']
  ])('%s asks for %s, and learns nothing of whether it is there', async (key, instance, named) => {
    const refused = await refusal(by(key, `/proxy/ledgers?instance_id=${instance}`))
    expect([refused.code, refused.who]).toEqual(['INSTANCE_FORBIDDEN', { reason: 'bound_to_another_instance', credential: KEYS[key], instance }])
    expect(refused.message).toBe(`This credential is bound to ${named}: send that instance_id`)
  })
})

test('of several things that are wrong, the first of the order is answered', async () => {
  const wrong = { ...by('listed', '/proxy/ledgers'), address: '198.51.100.1' }
  const closed = { tier: 'any', scope: '*' } as const
  const steps: ReadonlyArray<[string, Head, Partial<Row>, Setting]> = [
    ['GATEWAY_NOT_READY', {}, closed, { isOpen: false, isStale: true }],
    ['CREDENTIALS_STALE', {}, closed, { isStale: true }],
    ['AUTH_REQUIRED', { url: '/proxy/ledgers' }, closed, {}],
    ['AUTH_INVALID', by('revoked', '/proxy/ledgers'), closed, {}],
    ['ADDRESS_FORBIDDEN', wrong, closed, {}],
    ['ROUTE_NOT_OPEN', by('reader', '/proxy/ledgers'), closed, {}],
    ['AUTH_INSUFFICIENT_SCOPE', by('reader', '/proxy/ledgers'), { scope: '*' }, {}],
    ['INSTANCE_ID_REQUIRED', by('bound', '/proxy/ledgers'), {}, {}],
    ['INSTANCE_FORBIDDEN', by('bound', '/proxy/ledgers?instance_id=inst_2'), {}, {}]
  ]
  for (const [code, head, more, setting] of steps) expect((await refusal(head, more, setting)).code).toBe(code)
  expect((await refusal({}, {}, { isOpen: false })).headers).toEqual({ 'Retry-After': '1' })
  expect((await refusal({}, {}, { isStale: true })).headers).toEqual({ 'Retry-After': '5' })
  expect((await refusal({ headers: { authorization: `Bearer ${ADMIN}` } }, { scope: 'admin' }, { isOpen: false })).code).toBe('GATEWAY_NOT_READY')
})

test('below /proxy an unknown route asks for a credential alone', async () => {
  expect(admitToNothing(roomsWith(), request(by('powerless', '/proxy/nowhere')))).toBe(KEYS.powerless)
  expect(await admitToNothing(roomsWith({ gates: [{}] }), request(by('powerless', '/proxy/nowhere')))).toBe(KEYS.powerless)
  expect(() => admitToNothing(roomsWith(), request({}))).toThrow(Refused)
})
