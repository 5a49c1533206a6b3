import { notBuilt } from '../src/gateway/not-built.js'
import type { Row } from '../src/gateway/row.js'

/** Documented routes of Blnk Cloud that answer 501 and name themselves. Who builds one takes its line out here. */
export const notBuiltRows: readonly Row[] = [
  { method: 'POST', path: '/mcp/:instance_id', scope: ['mcp:read', 'mcp:write'], instance: 'none', handler: notBuilt }
]
