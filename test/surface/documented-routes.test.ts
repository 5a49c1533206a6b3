import { expect, test } from 'vitest'
import { proxyRows } from '../../routes/index.js'
import type { Row, Tier } from '../../src/gateway/row.js'
import { cloudRoutes } from './cloud-routes.js'
import { scopesOf } from './row-spelling.js'

const LETTER: Readonly<Record<string, string>> = { 'proxy:read': 'R', 'proxy:write': 'W', 'proxy:read proxy:write': 'S', '*': 'M' }

// R asks for proxy:read, W for proxy:write.
const DOCUMENTED = cloudRoutes.filter(({ api }) => api === 'Proxy')
  .map(({ scopes, method, path }) => `${LETTER[scopes.join(' ')]} ${method} ${path.slice('/proxy'.length).replace(/\{(\w+)\}/g, ':$1')}`).join('\n')

// Ordinary routes of Core that the page does not list. S is a read that a POST carries: either scope.
const CORE = `
R GET /ledgers
R GET /ledgers/:id
S POST /ledgers/filter
W PUT /ledgers/:id
R GET /balances
R GET /balances/:id
S POST /balances/filter
R GET /balances/indicator/:indicator/currency/:currency
W POST /balance-monitors
R GET /balance-monitors
R GET /balance-monitors/:id
R GET /balance-monitors/balances/:balance_id
W PUT /balance-monitors/:id
W DELETE /balance-monitors/:id
R GET /transactions
R GET /transactions/:id
R GET /transactions/reference/:reference
S POST /transactions/filter
W POST /transactions/inflight/bulk/commit
W POST /transactions/inflight/bulk/void
R GET /identities
R GET /identities/:identity_id
S POST /identities/filter
S POST /search/:collection
S POST /multi-search`

// Jobs over whole tables, an operator's actions, and what mints keys or registers URLs: M asks for scope *.
const ANY = `
W POST /balances-snapshots
W POST /transactions/recover
W DELETE /identities/:identity_id
W POST /accounts
R GET /accounts
R GET /accounts/:id
S POST /accounts/filter
R GET /mocked-account
M GET /backup
M GET /backup-s3
W POST /search/reindex
R GET /search/reindex
M POST /hooks
M GET /hooks
M GET /hooks/:id
M PUT /hooks/:id
M DELETE /hooks/:id
M POST /api-keys
M GET /api-keys
M DELETE /api-keys/:id
R GET /
R GET /health
R GET /metrics`

const line = (row: Row): string => `${LETTER[scopesOf(row).join(' ')] ?? '?'} ${row.method} ${row.path.slice('/proxy'.length)}`

test.each<[Tier, string, number]>([['documented', DOCUMENTED, 25], ['core', CORE, 25], ['any', ANY, 23]])('the %s routes are rows, with their scope', (tier, list, count) => {
  const wanted = list.trim().split('\n')
  expect(wanted.length).toBe(count)
  expect(proxyRows.filter((row) => row.tier === tier).map(line).sort()).toEqual([...wanted].sort())
})

test('every proxy row needs an instance, and one documented route is filled', () => {
  expect(proxyRows.filter((row) => row.instance !== 'required')).toEqual([])
  expect(proxyRows.filter((row) => row.fill !== undefined && row.fillSetting === undefined).map(line)).toEqual(['W POST /transactions'])
  expect(proxyRows.filter((row) => row.fillSetting !== undefined).map(line)).toEqual(['W POST /transactions/bulk'])
})
