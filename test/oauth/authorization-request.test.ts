import { describe, expect, test } from 'vitest'
import { judge } from '../../src/oauth/authorization-request.js'
import type { Client } from '../../src/oauth/client-store.js'
import { readParameters } from '../../src/oauth/parameters.js'

const CALLBACK = 'https://app.example.com/callback'
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'

const client = (change: Partial<Client> = {}): Client =>
  ({ client_id: 'c', name: 'c', type: 'confidential', scopes: ['data:read', 'proxy:write'], redirect_uris: [CALLBACK], created_at: '', expires_at: null, last_used_at: null, revoked_at: null, ...change })

type Sent = Record<string, string | string[]>
const asked: Sent = { response_type: 'code', client_id: 'c', redirect_uri: CALLBACK }
const strict: Sent = { ...asked, state: 's', code_challenge: CHALLENGE, code_challenge_method: 'S256' }

interface Rules { of?: Client | null, isStrict?: boolean, publicUrl?: string }
/** One word for what came of it. */
function verdict (sent: Sent, { of = client(), isStrict = false, publicUrl }: Rules = {}): string {
  const found = judge(readParameters(sent), of, { strict: isStrict, publicUrl })
  return found.kind === 'error' ? found.error : found.kind
}
const without = (sent: Sent, name: string): Sent => Object.fromEntries(Object.entries(sent).filter(([one]) => one !== name))

test.each<[string, Sent, Rules, string]>([
  ['what is documented', asked, {}, 'asked'],
  ['no known client', asked, { of: null }, 'page'],
  ['client_id twice', { ...asked, client_id: ['c', 'd'] }, {}, 'page'],
  ['redirect_uri twice', { ...asked, redirect_uri: [CALLBACK, CALLBACK] }, {}, 'page'],
  ['another redirect_uri', { ...asked, redirect_uri: `${CALLBACK}?x=1` }, {}, 'page'],
  ['no redirect_uri, one registered', without(asked, 'redirect_uri'), {}, 'asked'],
  ['no redirect_uri, two registered', without(asked, 'redirect_uri'), { of: client({ redirect_uris: [CALLBACK, 'https://b.example.com/'] }) }, 'page'],
  ['no redirect_uri, none registered', without(asked, 'redirect_uri'), { of: client({ redirect_uris: [] }) }, 'page'],
  ['any safe redirect_uri where none is registered', { ...asked, redirect_uri: 'https://other.example.com/' }, { of: client({ redirect_uris: [] }) }, 'asked'],
  ['an unsafe one', { ...asked, redirect_uri: 'http://other.example.com/' }, { of: client({ redirect_uris: [] }) }, 'page'],
  ['no response_type', without(asked, 'response_type'), {}, 'invalid_request'],
  ['the implicit grant', { ...asked, response_type: 'token' }, {}, 'unsupported_response_type'],
  ['the hybrid flow', { ...asked, response_type: 'code id_token' }, {}, 'unsupported_response_type'],
  ['a fragment for an answer', { ...asked, response_mode: 'fragment' }, {}, 'invalid_request'],
  ['a form for an answer', { ...asked, response_mode: 'form_post' }, {}, 'invalid_request'],
  ['a query for an answer', { ...asked, response_mode: 'query' }, {}, 'asked'],
  ['a request object', { ...asked, request: 'x.y.z' }, {}, 'request_not_supported'],
  ['a request object elsewhere', { ...asked, request_uri: 'https://x/' }, {}, 'request_uri_not_supported'],
  ['another parameter twice', { ...asked, scope: ['data:read', 'proxy:write'] }, {}, 'invalid_request'],
  ['scopes of others', { ...asked, scope: 'openid offline_access' }, {}, 'invalid_scope'],
  ['scopes that the client has not', { ...asked, scope: 'alerts:read' }, {}, 'invalid_scope'],
  ['a malformed scope', { ...asked, scope: 'data:read  proxy:write' }, {}, 'invalid_scope'],
  ['PKCE by S256', { ...asked, code_challenge: CHALLENGE, code_challenge_method: 'S256' }, {}, 'asked'],
  ['PKCE by plain', { ...asked, code_challenge: CHALLENGE, code_challenge_method: 'plain' }, {}, 'invalid_request'],
  ['PKCE by nothing, which is plain', { ...asked, code_challenge: CHALLENGE }, {}, 'invalid_request'],
  ['a method without a challenge', { ...asked, code_challenge_method: 'S256' }, {}, 'invalid_request'],
  ['a challenge that is none', { ...asked, code_challenge: 'short', code_challenge_method: 'S256' }, {}, 'invalid_request'],
  ['a public client without PKCE', asked, { of: client({ type: 'public' }) }, 'invalid_request'],
  ['a public client with PKCE', strict, { of: client({ type: 'public' }) }, 'asked'],
  ['a resource here', { ...asked, resource: ['https://gw.example.com/mcp/a', 'https://gw.example.com'] }, { publicUrl: 'https://gw.example.com' }, 'asked'],
  ['a resource elsewhere', { ...asked, resource: 'https://gw.example.com.evil.com/' }, { publicUrl: 'https://gw.example.com' }, 'invalid_target']
])('%s', (_name, sent, rules, wanted) => {
  expect(verdict(sent, rules)).toBe(wanted)
})

describe('OAUTH_STRICT', () => {
  test('takes what has PKCE, state and a registered address', () => {
    expect(verdict(strict, { isStrict: true })).toBe('asked')
  })

  test.each(['state', 'code_challenge'])('demands %s', (name) => {
    expect(verdict(without(name === 'code_challenge' ? without(strict, 'code_challenge_method') : strict, name), { isStrict: true })).toBe('invalid_request')
  })

  test('demands registered addresses', () => {
    expect(verdict(strict, { isStrict: true, of: client({ redirect_uris: [] }) })).toBe('page')
  })
})

test('what is granted is what is asked for and held: `*` asks for all that is held, and holds all that is asked for', () => {
  const granted = (scope: string | undefined, held: string[]): readonly string[] | undefined => {
    const found = judge(readParameters(scope === undefined ? asked : { ...asked, scope }), client({ scopes: held }), { strict: false, publicUrl: undefined })
    return found.kind === 'asked' ? found.asked.scopes : undefined
  }
  expect(granted(undefined, ['data:read', 'proxy:write'])).toEqual(['data:read', 'proxy:write'])
  expect(granted('openid proxy:write alerts:read', ['data:read', 'proxy:write'])).toEqual(['proxy:write'])
  expect(granted('*', ['data:read'])).toEqual(['data:read'])
  expect(granted('alerts:read data:read', ['*'])).toEqual(['data:read', 'alerts:read'])
  expect(granted('openid', ['*'])).toBe(undefined)
})
