import { inject } from 'vitest'
import { browser, type Browser } from './browser.js'
import { admin, call, type Answer } from './gateway.js'
import { keepSecrets } from './kept.js'

export interface OwnClient { readonly id: string, readonly secret: string, readonly basic: string }

export const CALLBACK = 'https://app.example.com/callback'

/** A client on the shared gateway; without a list of redirect URIs, as documented. */
export async function newClient (change: object = {}): Promise<OwnClient> {
  const made = await admin('POST', '/admin/oauth/clients', { name: 'of a test', scopes: ['data:read', 'proxy:write'], ...change })
  if (made.status !== 201) throw new Error(`no client: ${made.status} ${made.text}`)
  const { client_id: id, client_secret: secret } = made.json as { client_id: string, client_secret: string }
  keepSecrets(secret)
  return { id, secret, basic: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` }
}

/** Somebody who is logged in. */
export async function person (): Promise<Browser> {
  const one = browser()
  const { fields } = await one.get('/login?next=/login')
  await one.post('/login', { ...fields, password: inject('gateway').adminToken })
  return one
}

export const authorizePath = (client: Pick<OwnClient, 'id'>, change: Record<string, string> = {}): string =>
  `/oauth/authorize?${new URLSearchParams({ response_type: 'code', client_id: client.id, redirect_uri: CALLBACK, ...change }).toString()}`

/** What comes back to the client when the person has allowed it. */
export async function allowed (who: Browser, client: Pick<OwnClient, 'id'>, change: Record<string, string> = {}): Promise<URLSearchParams> {
  const shown = await who.get(authorizePath(client, change))
  if (shown.status !== 200) throw new Error(`no question: ${shown.status} ${shown.headers.get('location') ?? shown.text}`)
  const back = await who.post('/oauth/authorize', { ...shown.fields, decision: 'allow' })
  return new URL(back.headers.get('location') as string).searchParams
}

const url = (): string => inject('gateway').url

/** A form of a client's. */
export const form = async (path: '/oauth/token' | '/oauth/revoke', fields: Record<string, string> | string, headers: Record<string, string> = {}): Promise<Answer> =>
  await call(url() + path, { method: 'POST', body: new URLSearchParams(fields).toString(), headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers } })

async function tokens (client: OwnClient, fields: Record<string, string>): Promise<Answer> {
  const answer = await form('/oauth/token', fields, { Authorization: client.basic })
  if (answer.status === 200) keepSecrets(answer.json.access_token, answer.json.refresh_token)
  return answer
}

export async function exchange (client: OwnClient, code: string, change: Record<string, string> = {}): Promise<Answer> {
  keepSecrets(code)
  return await tokens(client, { grant_type: 'authorization_code', code, redirect_uri: CALLBACK, ...change })
}

export const refresh = async (client: OwnClient, token: string, change: Record<string, string> = {}): Promise<Answer> =>
  await tokens(client, { grant_type: 'refresh_token', refresh_token: token, ...change })

export const revoke = async (client: OwnClient, token: string): Promise<Answer> => await form('/oauth/revoke', { token }, { Authorization: client.basic })

/** 400 for a token that is taken, since no instance is named; 401 for one that is not. */
export const use = async (token: string): Promise<Answer> => await call(`${url()}/proxy/ledgers`, { headers: { Authorization: `Bearer ${token}` } })
