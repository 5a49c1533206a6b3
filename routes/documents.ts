import { showOpenApi, showPage, showRedoc, showScript, showStyle } from '../src/documents/handlers.js'
import type { Row } from '../src/gateway/row.js'

/** What describes the others; off with DOCS=off. */
export const documentRows = [
  { method: 'GET', path: '/openapi.json', scope: 'public', instance: 'none', handler: showOpenApi },
  { method: 'GET', path: '/docs', scope: 'public', instance: 'none', handler: showPage },
  { method: 'GET', path: '/docs/page.css', scope: 'public', instance: 'none', handler: showStyle },
  { method: 'GET', path: '/docs/page.js', scope: 'public', instance: 'none', handler: showScript },
  { method: 'GET', path: '/docs/redoc.js', scope: 'public', instance: 'none', handler: showRedoc }
] as const satisfies readonly Row[]
