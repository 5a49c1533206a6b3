import { beforeAll, expect, inject, test } from 'vitest'
import { admin, call, ownInstance, type Own } from '../support/gateway.js'

const { url } = inject('gateway')
let own: Own
beforeAll(async () => { own = await ownInstance() })

const keyWith = async (scopes: string[], extra: object = {}): Promise<{ id: string, api_key: string }> => (await admin('POST', '/admin/keys', { name: 'order', scopes, ...extra })).json

async function ask (key: string | undefined, query = `?instance_id=${own.instanceId}`, method = 'GET') {
  return await call(`${url}/proxy/ledgers${query}`, { method, headers: key === undefined ? {} : { Authorization: `Bearer ${key}` } })
}

test('no credential is a 401 with a challenge, whatever else is wrong', async () => {
  const answer = await ask(undefined, '')
  expect(answer.status).toBe(401)
  expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="blnk-gateway"')
  expect(answer.json.error_detail.code).toBe('AUTH_REQUIRED')
  expect(answer.json.error).toBe(answer.json.error_detail.message)
})

test('unknown, expired and revoked keys are alike to the caller', async () => {
  const revoked = await keyWith(['*'])
  await admin('DELETE', `/admin/keys/${revoked.id}`)
  const expiring = await keyWith(['*'], { expires_at: new Date(Date.now() + 1_500).toISOString() })
  expect((await ask(expiring.api_key)).status).toBe(200)
  await expect.poll(async () => (await ask(expiring.api_key)).status, { timeout: 15_000 }).toBe(401)
  const answers = [await ask('blnk_' + 'x'.repeat(43)), await ask(revoked.api_key), await ask(expiring.api_key)]
  for (const answer of answers) {
    expect(answer.status).toBe(401)
    expect(answer.text).toBe(answers[0]?.text)
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="blnk-gateway", error="invalid_token"')
  }
})

test('a refresh token, a Core key and the admin token are no credentials of the proxy', async () => {
  for (const token of ['blnk_rt_' + 'x'.repeat(43), inject('gateway').sandboxCoreKey, inject('gateway').adminToken]) {
    expect((await ask(token)).status).toBe(401)
  }
  expect((await call(`${url}/admin/keys`, { headers: { Authorization: `Bearer ${own.apiKey}` } })).status).toBe(401)
})

test('scope is checked before instance_id, and the refusal says what is needed', async () => {
  const { api_key: key } = await keyWith(['alerts:read'])
  const answer = await ask(key, '')
  expect(answer.status).toBe(403)
  expect(answer.json.error).toBe('insufficient scope: this credential has alerts:read; GET here needs proxy:read')
  expect(answer.headers.get('www-authenticate')).toContain('error="insufficient_scope", scope="proxy:read"')
})

test('instance_id: missing 400, empty 400, twice 400, unknown 404, another than the bound one 403', async () => {
  const { api_key: key } = await keyWith(['*'])
  expect((await ask(key, '')).status).toBe(400)
  expect((await ask(key, '?instance_id=')).status).toBe(400)
  expect((await ask(key, `?instance_id=${own.instanceId}&instance_id=${own.instanceId}`)).status).toBe(400)
  expect((await ask(key, `?instance_id=${own.instanceId}&%69nstance_id=other`)).status).toBe(400)
  expect((await ask(key, '?instance_id=inst_nowhere')).json.error_detail.code).toBe('INSTANCE_NOT_FOUND')
  const other = await ask(own.apiKey, '?instance_id=inst_nowhere')
  expect(other.status).toBe(403)
  expect(other.json.error).toContain(own.instanceId)
})

test('an instance without a Core URL is a 409 that says so', async () => {
  const bare = await ownInstance({ name: 'no core' })
  const answer = await bare.proxy('GET', '/ledgers')
  expect(answer.status).toBe(409)
  expect(answer.json.error).toContain('core_url')
})

test('a Core that is not there is a 502', async () => {
  const gone = await ownInstance({ name: 'gone', core_url: 'http://127.0.0.1:9' })
  const answer = await gone.proxy('GET', '/ledgers')
  expect(answer.status).toBe(502)
  expect(answer.json.error_detail.code).toBe('CORE_UNREACHABLE')
  expect(answer.text).not.toContain('127.0.0.1')
})

test('the scheme of the credential is read in any case', async () => {
  for (const scheme of ['bearer', 'BEARER', 'BeArEr']) {
    expect((await call(`${url}/proxy/ledgers?instance_id=${own.instanceId}`, { headers: { Authorization: `${scheme} ${own.apiKey}` } })).status).toBe(200)
  }
})
