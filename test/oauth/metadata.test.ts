import { expect, inject, test } from 'vitest'
import { SCOPES } from '../../src/auth/scopes.js'
import { issuerOf } from '../../src/oauth/issuer.js'
import { call } from '../support/gateway.js'

const { url } = inject('gateway')

test('the authorization server describes itself: what it names is there, and nothing else is offered', async () => {
  const { json } = await call(`${url}/.well-known/oauth-authorization-server`)
  expect(json).toMatchObject({
    issuer: url,
    response_types_supported: ['code'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true
  })
  expect(json.scopes_supported).toEqual(SCOPES.filter((scope) => scope !== '*'))
  for (const [endpoint, method] of [['authorization_endpoint', 'GET'], ['token_endpoint', 'POST'], ['revocation_endpoint', 'POST']]) {
    const answer = await call(json[endpoint as string], { method: method as string, redirect: 'manual' })
    expect([endpoint, answer.status < 500 && answer.status !== 404]).toEqual([endpoint, true])
  }
})

test('so does the resource', async () => {
  const { json } = await call(`${url}/.well-known/oauth-protected-resource`)
  expect(json).toMatchObject({ resource: url, authorization_servers: [url], bearer_methods_supported: ['header'] })
})

test('the issuer is PUBLIC_URL, or how this machine is called, and never a name that a caller made up', () => {
  const asked = (host: string, publicUrl?: string): string => issuerOf({ headers: { host }, protocol: 'http' } as never, { config: { publicUrl }, opened: { url: 'http://127.0.0.1:4100' } } as never)
  expect(asked('localhost:4100')).toBe('http://localhost:4100')
  expect(asked('[::1]:4100')).toBe('http://[::1]:4100')
  expect(asked('evil.example.com')).toBe('http://127.0.0.1:4100')
  expect(asked('localhost@evil.example.com')).toBe('http://127.0.0.1:4100')
  expect(asked('localhost:4100', 'https://ledger.example.com')).toBe('https://ledger.example.com')
})
