import { expect, test } from 'vitest'
import { preferredType } from '../../src/lib/accept.js'

const OFFERED = ['application/json', 'text/csv', 'application/x-ndjson'] as const

test.each([
  [undefined, 'application/json'],
  ['', 'application/json'],
  ['*/*', 'application/json'],
  ['text/csv', 'text/csv'],
  ['TEXT/CSV; charset=utf-8; header=present', 'text/csv'],
  ['application/x-ndjson', 'application/x-ndjson'],
  ['text/csv;q=0.9, application/json', 'application/json'],
  ['application/json;q=0.5, text/csv ; Q=0.6', 'text/csv'],
  ['text/csv, application/json', 'text/csv'],
  ['application/json, text/csv', 'application/json'],
  // As axios sends it.
  ['application/json, text/plain, */*', 'application/json'],
  // As a browser sends it.
  ['text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8', 'application/json'],
  ['text/csv, */*', 'text/csv'],
  ['*/*, text/csv;q=0.1', 'application/json'],
  ['application/*;q=0.5, application/x-ndjson', 'application/x-ndjson'],
  ['application/json;q=0, */*', 'text/csv'],
  ['text/csv;q=0', 'application/json'],
  ['text/*', 'text/csv'],
  ['text/html', 'application/json'],
  ['text/csv;q=0.000, application/x-ndjson;q=0.001', 'application/x-ndjson'],
  ['text/csv;title="a, b;q=0";q=0.5, application/json;q=0.4', 'text/csv'],
  ['text/csv;q=2', 'text/csv'],
  [',,;;="', 'application/json']
])('Accept: %s is answered with %s', (header, type) => {
  expect(preferredType(header, OFFERED)).toBe(type)
})

test('a long header takes no time to speak of', () => {
  const from = performance.now()
  for (const part of ['a,', '"', '"\\', ';', '/*,', 'q=1;']) preferredType(part.repeat(8000), OFFERED)
  // Quadratic behaviour would take minutes.
  expect(performance.now() - from).toBeLessThan(20_000)
})
