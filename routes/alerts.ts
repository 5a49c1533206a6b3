import { alertChangeBody, createAlert, createStatus, listAlerts, listStatuses, newAlertBody, newStatusBody, removeStatus, showAlert, statusChangeBody, updateAlert, updateStatus } from '../src/alerts/handlers.js'
import type { Row } from '../src/gateway/row.js'

const read = { scope: 'alerts:read', instance: 'none' } as const
const write = { scope: 'alerts:write', instance: 'none' } as const

/** The vendor's alerts (spec/05 5.1), below `root`. */
const below = (root: '' | '/cloud'): readonly Row[] => [
  { method: 'POST', path: `${root}/alerts/flag/:id`, ...write, body: newAlertBody, handler: createAlert },
  { method: 'PUT', path: `${root}/alerts/flag/:id`, ...write, body: alertChangeBody, handler: updateAlert },
  { method: 'GET', path: `${root}/alerts`, ...read, handler: listAlerts },
  { method: 'GET', path: `${root}/alerts/statuses`, ...read, handler: listStatuses },
  { method: 'POST', path: `${root}/alerts/statuses`, ...write, body: newStatusBody, handler: createStatus },
  { method: 'PUT', path: `${root}/alerts/statuses/:key`, ...write, body: statusChangeBody, handler: updateStatus },
  { method: 'DELETE', path: `${root}/alerts/statuses/:key`, ...write, handler: removeStatus },
  { method: 'GET', path: `${root}/alerts/:alert_id`, ...read, handler: showAlert }
]

/** The second spelling is of the documentation's front matter. */
export const alertsRows: readonly Row[] = [...below(''), ...below('/cloud')]
