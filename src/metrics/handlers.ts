import { Registry } from 'prom-client'
import type { Handler } from '../gateway/row.js'

/** For Prometheus to scrape. */
export const showMetrics: Handler = async (_request, reply, { rooms }) =>
  await reply.type(Registry.PROMETHEUS_CONTENT_TYPE).send(await rooms.metrics.text())
