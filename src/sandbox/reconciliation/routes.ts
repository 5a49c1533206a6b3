import type { Row } from '../call.js'
import { createRule, deleteRule, updateRule } from './rules.js'
import { show, start, startInstant } from './start.js'
import { upload } from './upload.js'

export const reconciliationRows: readonly Row[] = [
  { method: 'POST', path: '/reconciliation/upload', handler: upload, streams: true },
  { method: 'POST', path: '/reconciliation/matching-rules', handler: createRule },
  { method: 'PUT', path: '/reconciliation/matching-rules/:id', handler: updateRule },
  { method: 'DELETE', path: '/reconciliation/matching-rules/:id', handler: deleteRule },
  { method: 'POST', path: '/reconciliation/start', handler: start },
  { method: 'POST', path: '/reconciliation/start-instant', handler: startInstant },
  { method: 'GET', path: '/reconciliation/:id', handler: show }
]
