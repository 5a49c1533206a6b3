import type { Row } from '../src/gateway/row.js'
import { adminRows } from './admin.js'
import { alertsRows } from './alerts.js'
import { dataRows } from './data.js'
import { documentRows } from './documents.js'
import { healthRows } from './health.js'
import { loginRows } from './login.js'
import { metricsRows, openMetricsRows } from './metrics.js'
import { notBuiltRows } from './not-built.js'
import { oauthRows } from './oauth.js'
import { proxyRows } from './proxy.js'

export { adminRows, alertsRows, dataRows, documentRows, healthRows, loginRows, metricsRows, notBuiltRows, oauthRows, openMetricsRows, proxyRows }

/** Everything the gateway does, in one list. */
export const rows: readonly Row[] = [...proxyRows, ...dataRows, ...alertsRows, ...healthRows, ...documentRows, ...loginRows, ...oauthRows, ...metricsRows, ...adminRows]
