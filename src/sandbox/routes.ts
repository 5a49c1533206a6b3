import type { Row } from './call.js'
import { ledgerRows } from './ledgers/routes.js'

/** Core's API. */
export const rows: readonly Row[] = [
  ...ledgerRows
]
