import { notBuilt } from '../src/gateway/not-built.js'
import type { Row } from '../src/gateway/row.js'

const readAlerts = { scope: 'alerts:read', instance: 'none', handler: notBuilt } as const
const writeAlerts = { scope: 'alerts:write', instance: 'none', handler: notBuilt } as const

/** Documented routes of Blnk Cloud that answer 501 and name themselves. Who builds one takes its line out here. */
export const notBuiltRows: readonly Row[] = [
  { method: 'POST', path: '/alerts/flag/:id', ...writeAlerts },
  { method: 'PUT', path: '/alerts/flag/:alert_id', ...writeAlerts },
  { method: 'GET', path: '/alerts', ...readAlerts },
  { method: 'GET', path: '/alerts/:alert_id', ...readAlerts },
  { method: 'GET', path: '/alerts/statuses', ...readAlerts },
  { method: 'POST', path: '/alerts/statuses', ...writeAlerts },
  { method: 'PUT', path: '/alerts/statuses/:key', ...writeAlerts },
  { method: 'DELETE', path: '/alerts/statuses/:key', ...writeAlerts },

  { method: 'POST', path: '/mcp/:instance_id', scope: ['mcp:read', 'mcp:write'], instance: 'none', handler: notBuilt }
]
