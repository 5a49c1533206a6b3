import { expect, inject, test } from 'vitest'
import { call } from '../support/gateway.js'

test.each([{}, { 'Content-Type': 'application/json' }])('QUERY is a method like any other that a path does not take, with the headers %j', async (headers) => {
  const { url } = inject('gateway')
  const answer = await call(`${url}/data/ledgers`, { method: 'QUERY', headers })
  expect([answer.status, answer.json.error_detail.code, answer.headers.get('allow')]).toEqual([405, 'ROUTE_METHOD_NOT_ALLOWED', 'GET'])
  expect((await call(`${url}/nothing`, { method: 'QUERY', headers })).json.error_detail.code).toBe('ROUTE_NOT_FOUND')
  expect((await call(`${url}/proxy/ledgers`, { method: 'QUERY', headers })).json.error_detail.code).toBe('AUTH_REQUIRED')
})
