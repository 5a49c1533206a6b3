import { describe, expect, test } from 'vitest'
import { notBuiltRows, proxyRows, rows } from '../../routes/index.js'
import { createNear } from '../../src/gateway/near-routes.js'

const near = createNear([...rows, ...notBuiltRows])

// Core's routes of which the path without /proxy is another one of the Cloud.
const TAKEN = new Set(['POST /balances/filter', 'POST /transactions/filter', 'POST /identities/filter'])
const concrete = (path: string): string => path.replace(/:\w+/g, 'x_1')
const bare = proxyRows.map(({ method, path }) => [method, concrete(path).slice('/proxy'.length)] as const).filter(([, path]) => path !== '/')

test.each(bare)('%s %s is meant below /proxy', (method, path) => {
  if (TAKEN.has(`${method} ${path}`)) expect(near(method, path).allowed).toContain(method)
  else expect(near(method, path).meant).toContain(`/proxy${path}`)
})

describe('what is meant', () => {
  test.each([
    ['GET', '/ledgers/', ['/proxy/ledgers']],
    ['POST', '/proxy/transactions/bulk/', ['/proxy/transactions/bulk']],
    ['GET', '/v1/proxy/ledgers', ['/proxy/ledgers']],
    ['GET', '/api/v1/ledgers', ['/proxy/ledgers']],
    ['GET', '/cloud/data/transactions', ['/data/transactions']],
    ['GET', '/v1/alerts/statuses', ['/alerts/statuses']],
    ['GET', '/proxy/data/transactions', ['/data/transactions']],
    ['GET', '/data/ledger', ['/data/ledgers']],
    ['GET', '/data/identity/idt_1', ['/data/identities/idt_1']],
    ['GET', '/data/matching_rules', ['/data/matching-rules']],
    ['GET', '/data/nothing', []],
    ['POST', '/ledgers/filter', ['/ledger/filter', '/proxy/ledgers/filter']],
    ['POST', '/reconciliations/filter', ['/reconciliation/filter']],
    ['GET', '/health', ['/health/ready', '/proxy/health']],
    ['DELETE', '/ledgers', ['POST or GET /proxy/ledgers']],
    ['GET', '/nothing/here', []],
    ['GET', '/', []]
  ])('%s %s: %j', (method, path, meant) => {
    expect(near(method, path)).toEqual({ allowed: [], meant })
  })
})

test('a path that is there says which methods it takes', () => {
  expect(near('PATCH', '/alerts/statuses').allowed).toEqual(['GET', 'POST'])
  expect(near('GET', '/transactions/filter').allowed).toEqual(['POST'])
})

test('a path as long as a request line, is answered like another', () => {
  for (const part of ['/', '/v1', '/proxy', '/a', '/%2f', '.']) expect(near('GET', part.repeat(16_384 / part.length)).allowed).toEqual([])
})
