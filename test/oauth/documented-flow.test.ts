import { inject, expect, test } from 'vitest'
import { testDatabase } from '../support/database.js'
import { allowed, CALLBACK, exchange, form, newClient, person, refresh, use } from '../support/oauth.js'
import { admin } from '../support/gateway.js'

test('the documented call: a confidential client without PKCE, state or redirect list', async () => {
  const client = await newClient()
  const back = await allowed(await person(), client)
  expect([...back.keys()].sort()).toEqual(['code', 'iss'])
  expect(back.get('iss')).toBe(inject('gateway').url)
  const tokens = await exchange(client, back.get('code') as string)
  expect(tokens.status).toBe(200)
  expect(tokens.json).toEqual({
    access_token: expect.stringMatching(/^blnk_at_[\w-]{43}$/),
    token_type: 'Bearer',
    expires_in: 3600,
    refresh_token: expect.stringMatching(/^blnk_rt_[\w-]{43}$/),
    scope: 'data:read proxy:write'
  })
  expect(tokens.headers.get('cache-control')).toBe('no-store')
  const used = await use(tokens.json.access_token)
  expect(used.json.error_detail.code).toBe('INSTANCE_ID_REQUIRED')
  expect((await use(tokens.json.refresh_token)).json.error_detail.details.hint).toBe('refresh_token')
  expect((await admin('GET', `/admin/oauth/clients/${client.id}`)).json.last_used_at).toMatch(/^\d{4}-/)
})

test('a code that comes twice gives nothing, and what it gave is revoked', async () => {
  const client = await newClient()
  const code = (await allowed(await person(), client)).get('code') as string
  const { json: tokens } = await exchange(client, code)
  expect((await use(tokens.access_token)).status).toBe(400)
  const again = await exchange(client, code)
  expect([again.status, again.json.error]).toEqual([400, 'invalid_grant'])
  expect((await use(tokens.access_token)).status).toBe(401)
  expect((await refresh(client, tokens.refresh_token)).json.error).toBe('invalid_grant')
})

test('of several exchanges at a time one wins', async () => {
  const client = await newClient()
  const code = (await allowed(await person(), client)).get('code') as string
  const answers = await Promise.all([1, 2, 3, 4].map(async () => await exchange(client, code)))
  expect(answers.filter(({ status }) => status === 200).length).toBe(1)
  expect(answers.filter(({ json }) => json.error === 'invalid_grant').length).toBe(3)
})

test('a code is for its client, its redirect_uri and its minute', async () => {
  const [client, other, who] = [await newClient(), await newClient(), await person()]
  const code = (await allowed(who, client)).get('code') as string
  expect((await exchange(other, code)).json.error).toBe('invalid_grant')
  expect((await exchange(client, code, { redirect_uri: `${CALLBACK}/` })).json.error).toBe('invalid_grant')
  expect((await exchange(client, code, { redirect_uri: '' })).json.error).toBe('invalid_grant')
  // None of these has used it up.
  expect((await exchange(client, code)).status).toBe(200)

  const late = (await allowed(who, client)).get('code') as string
  const { db } = testDatabase(1)
  const { rows } = await db.query<{ seconds: number }>('SELECT extract(epoch FROM max(expires_at) - now())::float8 AS seconds FROM gateway.oauth_codes')
  expect(rows[0]?.seconds).toBeLessThanOrEqual(60)
  await db.query("UPDATE gateway.oauth_codes SET expires_at = now() - interval '1 second' WHERE used_at IS NULL")
  await db.close()
  expect((await exchange(client, late)).json).toMatchObject({ error: 'invalid_grant', error_description: 'This code has expired, or was revoked' })
})

test('a code with a challenge needs its verifier, and one without takes none', async () => {
  const [client, who] = [await newClient(), await person()]
  // RFC 7636 appendix B
  const [verifier, challenge] = ['dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk', 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM']
  const code = (await allowed(who, client, { code_challenge: challenge, code_challenge_method: 'S256', state: 'a&b=c' })).get('code') as string
  expect((await exchange(client, code)).json.error).toBe('invalid_grant')
  expect((await exchange(client, code, { code_verifier: `${verifier}x` })).json.error).toBe('invalid_grant')
  expect((await exchange(client, code, { code_verifier: challenge })).json.error).toBe('invalid_grant')
  expect((await exchange(client, code, { code_verifier: verifier })).status).toBe(200)

  const plain = (await allowed(who, client)).get('code') as string
  expect((await exchange(client, plain, { code_verifier: verifier })).json.error).toBe('invalid_grant')
})

test('a public client has no secret: its verifier stands for it', async () => {
  const client = await newClient({ type: 'public', redirect_uris: ['http://127.0.0.1/callback'] })
  expect(client.secret).toBe(null)
  const redirectUri = 'http://127.0.0.1:51423/callback'
  const asked = { code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', code_challenge_method: 'S256', redirect_uri: redirectUri }
  const code = (await allowed(await person(), client, asked)).get('code') as string
  const fields = { grant_type: 'authorization_code', client_id: client.id, code, redirect_uri: redirectUri }
  expect((await form('/oauth/token', { ...fields, client_secret: 'blnk_secret_none', code_verifier: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk' })).json.error).toBe('invalid_client')
  expect((await form('/oauth/token', fields)).json.error).toBe('invalid_grant')
  const tokens = await form('/oauth/token', { ...fields, code_verifier: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk' })
  expect(tokens.status).toBe(200)
  expect((await form('/oauth/token', { grant_type: 'refresh_token', client_id: client.id, refresh_token: tokens.json.refresh_token })).status).toBe(200)
})
