import { expect, test } from 'vitest'
import { readConfig } from '../../src/config.js'
import { openJwt } from '../../src/jwt/token-kind.js'
import { call, type Answer } from '../support/gateway.js'
import { keptLog } from '../support/kept-log.js'
import { ok, startBoth } from '../support/proxy.js'
import { AUDIENCE, makePair, settingsFor, sign, startIssuer } from './issuer.js'

test('a JWT calls the proxy like a key, and its refusals are alike to the caller and told apart in the log', async () => {
  const pair = await makePair('one')
  const issuer = await startIssuer(pair)
  const kind = await openJwt(settingsFor(issuer.url, { JWT_INSTANCES_CLAIM: 'instances' }), keptLog().log)
  const both = await startBoth(ok('[]'), { tokenKinds: [kind] })
  const send = async (method: string, claims: Record<string, string>): Promise<Answer> =>
    await call(`${both.url}/proxy/ledgers?instance_id=inst_1`, { method, headers: { Authorization: `Bearer ${await sign(pair, issuer.url, { claims })}` } })

  expect((await send('GET', { instances: 'inst_1' })).status).toBe(200)
  expect(both.core.received[0]?.headers.some(([name]) => name.toLowerCase() === 'authorization')).toBe(false)
  expect(await send('POST', { instances: 'inst_1' })).toMatchObject({ status: 403, json: { error_detail: { code: 'AUTH_INSUFFICIENT_SCOPE' } } })
  expect(await send('GET', { instances: 'inst_2' })).toMatchObject({ status: 403, json: { error_detail: { code: 'INSTANCE_FORBIDDEN' } } })
  expect(await send('GET', {})).toMatchObject({ status: 403, json: { error_detail: { code: 'INSTANCE_FORBIDDEN' } } })
  const [wrong, over] = [await send('GET', { aud: 'payroll' }), await send('GET', { exp: 1 as unknown as string })]
  expect(wrong.json).toEqual(over.json)
  expect([wrong.status, over.status]).toEqual([401, 401])
  await both.said(/"reason":"jwt_wrong_audience"/)
  await both.said(/"reason":"expired_credential"/)
  await both.said(/"key_prefix":"jwt_[0-9a-f]{8}"/)
  expect(both.logged.join('')).not.toContain('eyJ')
  expect(both.core.received.length).toBe(1)
})

test('an issuer that is not there is no fault of the caller', async () => {
  const pair = await makePair('one')
  const issuer = await startIssuer(pair)
  issuer.answer = (_request, response) => { response.destroy() }
  const both = await startBoth(ok('[]'), { tokenKinds: [await openJwt(settingsFor(issuer.url), keptLog().log)] })
  const answer = await call(`${both.url}/proxy/ledgers?instance_id=inst_1`, { headers: { Authorization: `Bearer ${await sign(pair, issuer.url)}` } })
  expect(answer).toMatchObject({ status: 503, json: { error_detail: { code: 'AUTH_KEYS_UNAVAILABLE' } } })
  expect(answer.headers.get('retry-after')).toBe('2')
})

const ISSUER = { JWT_ISSUER: 'https://id.example.com', JWT_AUDIENCE: AUDIENCE }
test.each([
  [{ JWT_ISSUER: 'https://id.example.com' }, 'JWT_AUDIENCE'],
  [{ JWT_AUDIENCE: 'a' }, 'JWT_ISSUER'],
  [{ JWT_JWKS_FILE: 'keys.json' }, 'JWT_JWKS_FILE'],
  [{ JWT_SCOPE_MAP: 'a=*' }, 'JWT_SCOPE_MAP'],
  [{ ...ISSUER, JWT_ISSUER: 'company' }, 'JWT_JWKS_URL'],
  [{ ...ISSUER, JWT_ISSUER: 'http://id.example.com' }, 'JWT_ISSUER'],
  [{ ...ISSUER, JWT_JWKS_URL: 'http://id.example.com/keys' }, 'JWT_JWKS_URL'],
  [{ ...ISSUER, JWT_JWKS_URL: 'https://id.example.com/keys', JWT_JWKS_FILE: 'keys.json' }, 'JWT_JWKS_FILE'],
  [{ ...ISSUER, JWT_ALGORITHMS: 'ES256,HS256' }, 'JWT_ALGORITHMS'],
  [{ ...ISSUER, JWT_ALGORITHMS: 'none' }, 'JWT_ALGORITHMS'],
  [{ ...ISSUER, JWT_ALGORITHMS: ',' }, 'JWT_ALGORITHMS'],
  [{ ...ISSUER, JWT_CLOCK_SKEW: '301' }, 'JWT_CLOCK_SKEW'],
  [{ ...ISSUER, JWT_SCOPE_MAP: 'admin' }, 'JWT_SCOPE_MAP']
])('half configured or wrong: %o', (environment, named) => {
  expect(() => readConfig(environment)).toThrow(new RegExp(`^(?!.*\\n).*\\b${named}\\b`))
})
