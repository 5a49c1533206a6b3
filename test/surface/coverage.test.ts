import { expect, test } from 'vitest'
import * as routes from '../../routes/index.js'
import type { Row } from '../../src/gateway/row.js'
import { filesBelow, textOf } from '../house/source-files.js'
import { cloudRoutes, type CloudRoute } from './cloud-routes.js'
import { scopesOf } from './row-spelling.js'

type Found = ReadonlyMap<string, { readonly row: Row, readonly file: string }>
interface Coverage {
  rowsByRoute(routes: object): Found
  statusOf(route: CloudRoute, rows: Found): 'built' | '501' | 'absent'
  namedIn(file: string, text: string, routes: readonly CloudRoute[]): Map<string, number>
  coverageLine(route: CloudRoute, rows: Found, tests: readonly string[]): string
  coverageSentence(routes: readonly CloudRoute[], rows: Found): string
}
const { rowsByRoute, statusOf, namedIn, coverageLine, coverageSentence } = await import(new URL('../../scripts/coverage.mjs', import.meta.url).href) as Coverage

const rows = rowsByRoute(routes)
const document = textOf('docs/coverage.md')
const lines = document.split('\n').filter((line) => /^\| \w+ \| (?:GET|POST|PUT|DELETE) \|/.test(line))
const testsOf = (line: string): string[] => [...line.matchAll(/`(test\/[^`]+)`/g)].map((match) => match[1] as string)
const keyOf = ({ method, path }: { method: string, path: string }): string => `${method} ${path.replace(/:\w+|\{\w+\}/g, '{}')}`

test('docs/coverage.md has the routes, their status and their rows; after a change run node scripts/documents.mjs', () => {
  expect(lines).toEqual(cloudRoutes.map((route, at) => coverageLine(route, rows, testsOf(lines[at] ?? ''))))
  expect(document.split('\n')).toContain(coverageSentence(cloudRoutes, rows))
})

test('every documented route is built or answers 501, with the scope that is documented', () => {
  expect(cloudRoutes.filter((route) => !route.inferred && statusOf(route, rows) === 'absent')).toEqual([])
  for (const route of cloudRoutes) {
    const row = rows.get(keyOf(route))?.row
    if (row !== undefined) expect(scopesOf(row), keyOf(route)).toEqual(route.scopes)
  }
})

test('what answers 501 is a route of Blnk Cloud, and no row besides', () => {
  const known = new Set(cloudRoutes.map(keyOf))
  expect(routes.notBuiltRows.map(keyOf).filter((key) => !known.has(key))).toEqual([])
  const works = new Set(routes.rows.map(keyOf))
  expect(routes.notBuiltRows.map(keyOf).filter((key) => works.has(key))).toEqual([])
})

test('a built route has tests, and those that are named name it', () => {
  const files = new Set(filesBelow('test'))
  cloudRoutes.forEach((route, at) => {
    const tests = testsOf(lines[at] as string)
    expect(tests.length > 0, keyOf(route)).toBe(statusOf(route, rows) === 'built')
    for (const file of tests) {
      expect(files, file).toContain(file)
      expect([...namedIn(file, textOf(file), cloudRoutes).keys()], file).toContain(`${route.method} ${route.path}`)
    }
  })
})

// Texts of programs, with the templates that they have.
/* eslint-disable no-template-curly-in-string */
test.each([
  ["await own.proxy('POST', '/ledgers', {})", 'POST /proxy/ledgers'],
  ['await own.proxy("GET", `/balances/${bln}/at?timestamp=x`)', 'GET /proxy/balances/{id}/at'],
  ['await call(`${url}/alerts/statuses`, { method: "POST" })', 'POST /alerts/statuses'],
  ["await call(url + '/alerts/statuses')", 'GET /alerts/statuses'],
  ["await call(url + '/alerts/ano_1')", 'GET /alerts/{alert_id}'],
  ["await call(url + '/transactions/filter', { method: 'POST' })", 'POST /transactions/filter'],
  ["await own.proxy('POST', '/transactions/filter', {})", undefined]
])('%s names %s', (text, name) => {
  expect([...namedIn('test/x.test.ts', text, cloudRoutes).keys()]).toEqual(name === undefined ? [] : [name])
  expect(namedIn('test/sandbox/x.test.ts', text, cloudRoutes).size).toBe(0)
})
