import { beforeAll, expect, inject, test } from 'vitest'
import { call, ownInstance, type Own } from '../support/gateway.js'

const { url } = inject('gateway')
let own: Own
beforeAll(async () => { own = await ownInstance() })

test('a route that PROXY_ROUTES closes is a 404 that names the setting', async () => {
  const answer = await own.proxy('GET', '/api-keys')
  expect(answer.status).toBe(404)
  expect(answer.json.error).toContain('PROXY_ROUTES=any')
})

test.each(['/search/reindex', '/search/%72eindex', '/search/re%69ndex'])('a closed route is not reached as an open one with a parameter: POST %s', async (path) => {
  const answer = await own.proxy('POST', path, {})
  expect(answer.status).toBe(404)
  expect(answer.json.error).toContain('PROXY_ROUTES=any')
})

test('what is no route of Core is a 404, and HEAD and PATCH are none', async () => {
  expect((await own.proxy('GET', '/nowhere/at/all')).json.error_detail.code).toBe('ROUTE_NOT_OPEN')
  expect((await own.proxy('HEAD', '/ledgers')).status).toBe(404)
  expect((await own.proxy('PATCH', '/ledgers')).status).toBe(404)
})

test('which routes exist is for callers with a credential', async () => {
  for (const path of ['/proxy/nowhere', '/proxy/api-keys', '/proxy']) expect((await call(url + path)).status).toBe(401)
  expect((await call(`${url}/nowhere`)).status).toBe(404)
})

test('a parameter may be as long as a request line', async () => {
  const answer = await own.proxy('GET', `/transactions/reference/${'r'.repeat(5_000)}`)
  expect(answer.json.error).toContain('Transaction with reference')
})
