import { expect, inject, test } from 'vitest'
import { call, type Answer } from '../support/gateway.js'
import { admin } from '../support/gateway.js'
import { form, newClient } from '../support/oauth.js'

const { url } = inject('gateway')

const token = async (body: string, headers: Record<string, string> = {}): Promise<Answer> =>
  await call(`${url}/oauth/token`, { method: 'POST', body, headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers } })

test.each([
  ['', 'invalid_request', 'grant_type is missing'],
  ['grant_type=authorization_code', 'invalid_request', 'code is missing'],
  ['grant_type=refresh_token', 'invalid_request', 'refresh_token is missing'],
  ['grant_type=refresh_token&refresh_token=', 'invalid_request', 'refresh_token is missing'],
  ['grant_type=authorization_code&code=blnk_code_x', 'invalid_grant', 'This code is not known'],
  ['grant_type=refresh_token&refresh_token=blnk_rt_x', 'invalid_grant', 'This refresh token is not known'],
  ['grant_type=refresh_token&refresh_token=a&refresh_token=b', 'invalid_request', 'refresh_token: sent more than once'],
  ['grant_type=client_credentials', 'unsupported_grant_type', 'grant_type must be'],
  ['grant_type=password&username=a&password=b', 'unsupported_grant_type', 'grant_type must be']
])('%s: %s', async (body, error, sentence) => {
  const { basic } = await newClient()
  const answer = await token(body, { Authorization: basic })
  expect(answer.status).toBe(400)
  expect(answer.json).toEqual({ error, error_description: expect.stringContaining(sentence) })
  expect(answer.headers.get('cache-control')).toBe('no-store')
})

test('a client authenticates itself by Basic, as it is encoded, or in the form, and never by both', async () => {
  const { id, secret, basic } = await newClient()
  const body = 'grant_type=refresh_token&refresh_token=blnk_rt_x'
  const encoded = (text: string): string => text.replaceAll('_', '%5F').replaceAll('-', '%2D')
  const base64 = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`
  for (const [fields, header] of [[body, basic], [body, base64(`${encoded(id)}:${encoded(secret)}`)], [`${body}&client_id=${id}&client_secret=${secret}`, undefined], [`${body}&client_id=${id}`, basic]] as const) {
    expect((await token(fields, header === undefined ? {} : { Authorization: header })).json.error).toBe('invalid_grant')
  }
  const wrong: Array<readonly [string, string?]> = [
    [body], [`${body}&client_id=${id}`], [`${body}&client_id=${id}&client_secret=${secret}x`], [`${body}&client_secret=${secret}`], [`${body}&client_id=${id}&client_secret=${secret}`, basic],
    [body, base64(`${id}:`)], [body, base64(`:${secret}`)], [body, base64(id)], [body, base64(`${id}:${secret}:`)], [body, 'Basic !'], [body, `Bearer ${secret}`], [body, base64(`${id}:%zz`)],
    [`${body}&client_id=blnk_client_other`, basic], [body, base64(`blnk_client_unknown:${secret}`)]
  ]
  for (const [fields, header] of wrong) {
    const answer = await token(fields, header === undefined ? {} : { Authorization: header })
    expect([fields, header, answer.status, answer.json.error]).toEqual([fields, header, 401, 'invalid_client'])
    expect(answer.headers.get('www-authenticate')).toBe('Basic realm="blnk-gateway"')
  }
})

test('unknown, revoked and expired clients, and wrong secrets, get the same answer', async () => {
  const [revoked, wrong] = [await newClient(), await newClient()]
  await admin('DELETE', `/admin/oauth/clients/${revoked.id}`)
  const basic = (id: string, secret: string): string => `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`
  const answers = await Promise.all([revoked.basic, basic(wrong.id, revoked.secret), basic('blnk_client_none', wrong.secret)].map(async (Authorization) => (await token('grant_type=x', { Authorization })).text))
  expect(new Set(answers).size).toBe(1)
})

test('what is no form is refused in the same shape', async () => {
  const json = await call(`${url}/oauth/token`, { method: 'POST', body: '{"grant_type":"refresh_token"}', headers: { 'Content-Type': 'application/json' } })
  expect([json.status, json.json.error]).toEqual([400, 'invalid_request'])
  expect(json.json.error_description).toContain('x-www-form-urlencoded')
  expect((await call(`${url}/oauth/revoke`, { method: 'POST', body: 'x'.repeat(70_000), headers: { 'Content-Type': 'application/x-www-form-urlencoded' } })).json.error).toBe('invalid_request')
  expect((await form('/oauth/revoke', {}, { Authorization: (await newClient()).basic })).json).toEqual({ error: 'invalid_request', error_description: 'token is missing' })
})
