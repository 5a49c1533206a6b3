import * as client from 'openid-client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { App, Started } from '../../src/app.js'
import { startOwnApp } from '../support/app.js'
import { call, type Answer } from '../support/gateway.js'

// As in production: strict, and reached by another name than where it listens. Nobody is asked.
const ISSUER = 'https://ledger.example.com'
const CALLBACK = 'https://app.example.com/callback'

let app: App
let started: Started
beforeAll(async () => {
  ({ app, started } = await startOwnApp({ EPHEMERAL: 'true', SANDBOX: 'off', OAUTH_AUTO_APPROVE: 'true', OAUTH_STRICT: 'true', OAUTH_ACCESS_TTL: '60', PUBLIC_URL: ISSUER }))
})
afterAll(async () => { await app.close() })

const here = (url: string): string => url.replace(ISSUER, started.url)
/** What stands before the gateway. */
const through: client.CustomFetch = async (url, options) => await fetch(here(url), options as RequestInit)

const admin = async (method: string, path: string, body?: object): Promise<Answer> => await call(`${started.url}/admin/oauth${path}`, {
  method, headers: { Authorization: `Bearer ${started.adminToken}`, 'Content-Type': 'application/json' }, ...(body === undefined ? {} : { body: JSON.stringify(body) })
})
const use = async (token: string): Promise<Answer> => await call(`${started.url}/proxy/ledgers`, { headers: { Authorization: `Bearer ${token}` } })

async function configured (made: object, authentication?: (secret: string) => client.ClientAuth): Promise<client.Configuration> {
  const { json } = await admin('POST', '/clients', { name: 'an app', scopes: ['proxy:read', 'data:read'], redirect_uris: [CALLBACK], ...made })
  return await client.discovery(new URL(ISSUER), json.client_id, json.client_secret ?? undefined, authentication?.(json.client_secret), { algorithm: 'oauth2', [client.customFetch]: through })
}

/** The browser's part: from the client's redirect to where it comes back. */
async function visit (url: URL): Promise<URL> {
  const answer = await fetch(here(url.href), { redirect: 'manual' })
  expect(answer.status).toBe(302)
  return new URL(answer.headers.get('location') as string)
}

async function flow (config: client.Configuration): Promise<Awaited<ReturnType<typeof client.authorizationCodeGrant>> & { again: () => Promise<unknown> }> {
  const verifier = client.randomPKCECodeVerifier()
  const state = client.randomState()
  const back = await visit(client.buildAuthorizationUrl(config, {
    redirect_uri: CALLBACK, scope: 'proxy:read', state, code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256', resource: `${ISSUER}/mcp/inst_a`
  }))
  // Checks state and iss (RFC 9207).
  const exchange = async (): ReturnType<typeof client.authorizationCodeGrant> => await client.authorizationCodeGrant(config, back, { pkceCodeVerifier: verifier, expectedState: state })
  return Object.assign(await exchange(), { again: exchange })
}

test.each<[string, object, ((secret: string) => client.ClientAuth)?]>([
  ['Basic', {}, (secret) => client.ClientSecretBasic(secret)],
  ['its secret in the form', {}, (secret) => client.ClientSecretPost(secret)],
  ['no secret', { type: 'public' }, () => client.None()]
])('a client with %s discovers, is sent back, exchanges its code, refreshes and is refused on reuse', async (_name, made, authentication) => {
  const config = await configured(made, authentication)
  expect(config.serverMetadata().issuer).toBe(ISSUER)
  const first = await flow(config)
  expect(first).toMatchObject({ token_type: 'bearer', scope: 'proxy:read', expires_in: 60 })
  expect((await use(first.access_token)).json.error_detail.code).toBe('INSTANCE_ID_REQUIRED')
  const second = await client.refreshTokenGrant(config, first.refresh_token as string)
  expect((await use(second.access_token)).status).toBe(400)
  await expect(client.refreshTokenGrant(config, first.refresh_token as string)).rejects.toMatchObject({ error: 'invalid_grant', status: 400 })
  expect((await use(second.access_token)).status).toBe(401)
  await expect(client.refreshTokenGrant(config, second.refresh_token as string)).rejects.toMatchObject({ error: 'invalid_grant' })
})

test('a code that comes twice is refused, and what it gave is revoked', async () => {
  const tokens = await flow(await configured({}))
  await expect(tokens.again()).rejects.toMatchObject({ error: 'invalid_grant' })
  expect((await use(tokens.access_token)).status).toBe(401)
})

test('tokens are revoked by RFC 7009, one or all of a grant', async () => {
  const config = await configured({})
  const first = await flow(config)
  await client.tokenRevocation(config, first.access_token)
  expect((await use(first.access_token)).status).toBe(401)
  const second = await client.refreshTokenGrant(config, first.refresh_token as string)
  await client.tokenRevocation(config, second.refresh_token as string, { token_type_hint: 'refresh_token' })
  expect((await use(second.access_token)).status).toBe(401)
})

test('a wrong secret is known as invalid_client', async () => {
  const config = await configured({}, () => client.ClientSecretBasic('wrong'))
  await expect(client.refreshTokenGrant(config, 'blnk_rt_x')).rejects.toMatchObject({ status: 401, cause: [{ scheme: 'basic' }] })
})

test('without PKCE or state the client is told so, and without an address of its own there is no client', async () => {
  const config = await configured({})
  const verifier = client.randomPKCECodeVerifier()
  const challenge = { code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256' }
  for (const parameters of [{ state: 's' }, challenge]) {
    const back = await visit(client.buildAuthorizationUrl(config, { redirect_uri: CALLBACK, ...parameters } as Record<string, string>))
    expect([back.searchParams.get('error'), back.searchParams.get('iss')]).toEqual(['invalid_request', ISSUER])
  }
  const refused = await admin('POST', '/clients', { name: 'x', scopes: ['data:read'] })
  expect([refused.status, refused.json.error]).toEqual([400, 'redirect_uris: OAUTH_STRICT demands at least one'])
})

test('a 401 names where it is described how a token is got', async () => {
  const resource = `resource_metadata="${ISSUER}/.well-known/oauth-protected-resource"`
  expect((await call(`${started.url}/proxy/ledgers`)).headers.get('www-authenticate')).toContain(resource)
  expect((await use('blnk_at_wrong')).headers.get('www-authenticate')).toBe(`Bearer realm="blnk-gateway", error="invalid_token", ${resource}`)
  expect((await call(`${started.url}/admin/keys`)).headers.get('www-authenticate')).not.toContain('resource_metadata')
  expect((await call(here(`${ISSUER}/.well-known/oauth-protected-resource`))).json).toMatchObject({ resource: ISSUER, authorization_servers: [ISSUER] })
})

test('a reset takes away clients made since the start, and their tokens', async () => {
  const config = await configured({})
  const tokens = await flow(config)
  expect((await use(tokens.access_token)).status).toBe(400)
  await app.reset()
  expect((await use(tokens.access_token)).status).toBe(401)
  expect((await admin('GET', '/clients')).json.total).toBe(0)
})
