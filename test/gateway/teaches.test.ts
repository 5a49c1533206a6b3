import { beforeAll, describe, expect, inject, test } from 'vitest'
import { HINTS, type Hint } from '../../src/errors.js'
import { admin, call, ownInstance, type Answer, type Own } from '../support/gateway.js'

const { url, sandboxCoreKey, adminToken } = inject('gateway')
let own: Own
beforeAll(async () => { own = await ownInstance() })

/** The hint of an answer, whose sentence ends with it. */
function hintOf (answer: Answer): string | undefined {
  const { message, details } = answer.json.error_detail
  const hint = details?.hint as Hint | undefined
  expect(answer.json.error).toBe(message)
  if (hint !== undefined) expect(message.endsWith(`. ${HINTS[hint]}`), message).toBe(true)
  return hint
}

const ask = async (headers: Record<string, string>, path = '/proxy/ledgers'): Promise<Answer> => await call(url + path, { headers })

describe('without a bearer token', () => {
  test.each<[string, Record<string, string>, string, string | undefined]>([
    ['nothing', {}, '', undefined],
    ["a Core's header", { 'X-Blnk-Key': 'secret-of-a-core' }, '', 'core_header'],
    ['another API\'s header', { 'X-Api-Key': 'secret' }, '', 'other_header'],
    ['api_key in the query', {}, '?instance_id=a&api_key=secret', 'credential_in_query'],
    ['access_token in the query', {}, '?access_token=secret', 'credential_in_query'],
    ['Basic', { Authorization: 'Basic c2VjcmV0Og==' }, '', 'basic_credentials'],
    ['no scheme', { Authorization: 'blnk_secret' }, '', 'scheme_missing'],
    ['an empty variable', { Authorization: 'Bearer ' }, '', 'token_missing'],
    ['quotes', { Authorization: 'Bearer "blnk_secret"' }, '', 'token_malformed'],
    ['another scheme', { Authorization: 'Digest realm="secret"' }, '', undefined]
  ])('%s', async (_name, headers, query, hint) => {
    const answer = await ask(headers, `/proxy/ledgers${query}`)
    expect([answer.status, answer.json.error_detail.code]).toEqual([401, 'AUTH_REQUIRED'])
    expect(hintOf(answer)).toBe(hint)
    expect(answer.text).not.toContain('secret')
  })
})

describe('with a token that is no API key', () => {
  test.each<[string, string, string | undefined]>([
    ['a refresh token', 'blnk_rt_' + 'x'.repeat(43), 'refresh_token'],
    ['a Core key', sandboxCoreKey, 'core_key'],
    ['the admin token', adminToken, 'core_key'],
    ['a JWT', 'eyJhbGciOi.eyJzdWIiOi.c2lnbmVk', undefined],
    ['an API key that there is not', 'blnk_' + 'x'.repeat(43), undefined]
  ])('%s', async (_name, token, hint) => {
    const answer = await ask({ Authorization: `Bearer ${token}` })
    expect([answer.status, answer.json.error_detail.code]).toEqual([401, 'AUTH_INVALID'])
    expect(hintOf(answer)).toBe(hint)
    expect(answer.text).not.toContain(token)
  })

  test('an API key sent to the admin API', async () => {
    expect(hintOf(await ask({ Authorization: `Bearer ${own.apiKey}` }, '/admin/keys'))).toBe('api_key_for_admin')
  })
})

test('X-Blnk-Key beside a credential is ignored', async () => {
  expect((await ask({ Authorization: `Bearer ${own.apiKey}`, 'X-Blnk-Key': 'anything' }, `/proxy/ledgers?instance_id=${own.instanceId}`)).status).toBe(200)
})

describe('without instance_id in the query', () => {
  test.each<[string, string, Record<string, string>, string | undefined, string | undefined]>([
    ['nothing', '', {}, undefined, undefined],
    ['an empty variable', '?instance_id=', {}, undefined, 'instance_empty'],
    ['another spelling', '?page=1&instanceId=a', {}, undefined, 'instance_spelling'],
    ['a header', '', { 'X-Instance-Id': 'a' }, undefined, 'instance_in_header'],
    ['a header of its name', '', { instance_id: 'a' }, undefined, 'instance_in_header'],
    ['a body', '', {}, '{"instance_id":"a","name":"x"}', 'instance_in_body']
  ])('%s', async (_name, query, headers, body, hint) => {
    const answer = await call(`${url}/proxy/ledgers${query}`, { method: 'POST', headers: { Authorization: `Bearer ${own.apiKey}`, ...headers }, ...(body === undefined ? {} : { body }) })
    expect([answer.status, answer.json.error_detail.code]).toEqual([400, 'INSTANCE_ID_REQUIRED'])
    expect(hintOf(answer)).toBe(hint)
  })
})

describe('a route that is not there', () => {
  test("a Core's path names the one below /proxy, to anyone, by any method of it", async () => {
    for (const method of ['GET', 'POST']) {
      const answer = await call(`${url}/ledgers?instance_id=a`, { method })
      expect([answer.status, answer.json.error_detail]).toEqual([404, {
        code: 'ROUTE_NOT_FOUND', message: `There is no route ${method} /ledgers: did you mean /proxy/ledgers?`, details: { did_you_mean: ['/proxy/ledgers'] }
      }])
    }
  })

  test('what comes near to nothing is told where all routes are', async () => {
    expect((await call(`${url}/nothing`)).json.error).toBe('There is no route GET /nothing: GET /docs lists the routes')
  })

  test('a wrong method is a 405 with Allow, and below /proxy a 404 that says it', async () => {
    const answer = await admin('PATCH', '/admin/keys/key_1', {})
    expect([answer.status, answer.json.error_detail.code, answer.headers.get('allow')]).toEqual([405, 'ROUTE_METHOD_NOT_ALLOWED', 'GET, PUT, DELETE'])
    const proxied = await own.proxy('DELETE', '/ledgers')
    expect([proxied.status, proxied.json.error_detail.code]).toEqual([404, 'ROUTE_NOT_OPEN'])
    expect(proxied.json.error).toContain('it takes POST, GET')
  })

  test('below /proxy it is told to callers with a credential alone', async () => {
    const answer = await own.proxy('GET', '/data/transactions')
    expect([answer.status, answer.json.error_detail.details]).toEqual([404, { did_you_mean: ['/data/transactions'] }])
    expect((await call(`${url}/proxy/data/transactions`)).status).toBe(401)
  })
})
