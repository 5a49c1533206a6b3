import type { Row } from '../src/gateway/row.js'
import { adminRows } from './admin.js'
import { healthRows } from './health.js'
import { metricsRows, openMetricsRows } from './metrics.js'
import { proxyRows } from './proxy.js'

export { adminRows, healthRows, metricsRows, openMetricsRows, proxyRows }

/** Everything the gateway answers, in one list. */
export const rows: readonly Row[] = [...proxyRows, ...healthRows, ...metricsRows, ...adminRows]
