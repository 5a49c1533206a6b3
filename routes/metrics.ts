import type { Row } from '../src/gateway/row.js'
import { showMetrics } from '../src/metrics/handlers.js'

/** On the gateway's own port, on whatever address: behind the admin token. */
export const metricsRows = [
  { method: 'GET', path: '/metrics', scope: 'admin', instance: 'none', handler: showMetrics }
] as const satisfies readonly Row[]

/** The same on ADMIN_PORT, which only those reach who may: without a token, as scrapers are used to. */
export const openMetricsRows: readonly Row[] = metricsRows.map((row) => ({ ...row, scope: 'public' }))
