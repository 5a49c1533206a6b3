import type { Row } from '../src/gateway/row.js'
import { live, ready } from '../src/health/handlers.js'

export const healthRows = [
  { method: 'GET', path: '/health/live', scope: 'public', instance: 'none', handler: live },
  { method: 'GET', path: '/health/ready', scope: 'public', instance: 'none', handler: ready }
] as const satisfies readonly Row[]
