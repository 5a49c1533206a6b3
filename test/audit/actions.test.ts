import { expect, test } from 'vitest'
import { rows } from '../../routes/index.js'
import { ACTIONS, actionOf, exactly, READS, routeOf } from '../../src/audit/actions.js'

const routes = rows.map(routeOf)

test('every row that can change something has an action, or is said to be a read: a line in src/audit/actions.ts', () => {
  expect(rows.filter((row) => row.method !== 'GET').map(routeOf).filter((route) => ACTIONS[route] === undefined && !READS.has(route))).toEqual([])
})

test('no line is for a row that is not there, or both an act and a read', () => {
  expect([...Object.keys(ACTIONS), ...READS].filter((route) => !routes.includes(route))).toEqual([])
  expect(Object.keys(ACTIONS).filter((route) => READS.has(route))).toEqual([])
})

test('an act begins with what it is about, in words', () => {
  for (const { action } of Object.values(ACTIONS)) expect(action).toMatch(/^[A-Z][\w ]+$/)
})

test.each([
  ['POST /proxy/:id/metadata', 'bln_1', undefined, 'Balance updated', 'balance'],
  ['POST /proxy/:id/metadata', 'constructor_1', undefined, 'Metadata updated', 'ledger'],
  ['PUT /proxy/transactions/inflight/:id', 'txn_1', 'commit', 'Transaction committed', 'transaction'],
  ['PUT /proxy/transactions/inflight/:id', 'txn_1', 'void', 'Transaction voided', 'transaction'],
  ['PUT /proxy/transactions/inflight/:id', 'txn_1', 'toString', 'Transaction updated', 'transaction'],
  ['POST /proxy/ledgers', undefined, undefined, 'Ledger created', 'ledger']
])('%s of %s with status %s is: %s', (route, id, status, action, kind) => {
  const found = actionOf(rows.find((row) => routeOf(row) === route)!)
  expect(exactly(found!, id, status)).toEqual({ action, kind })
})
