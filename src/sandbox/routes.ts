import { accountRows } from './accounts/routes.js'
import { apiKeyRows } from './api-keys/routes.js'
import { balanceRows } from './balances/routes.js'
import type { Row } from './call.js'
import { hookRows } from './hooks/routes.js'
import { identityRows } from './identities/routes.js'
import { ledgerRows } from './ledgers/routes.js'
import { lineageRows } from './lineage/routes.js'
import { metadataRows } from './metadata/routes.js'
import { monitorRows } from './monitors/routes.js'
import { reconciliationRows } from './reconciliation/routes.js'
import { searchRows } from './search/routes.js'
import { transactionRows } from './transactions/routes.js'

/** Core's API. */
export const rows: readonly Row[] = [
  ...ledgerRows,
  ...balanceRows,
  ...transactionRows,
  ...lineageRows,
  ...identityRows,
  ...accountRows,
  ...monitorRows,
  ...hookRows,
  ...apiKeyRows,
  ...reconciliationRows,
  ...searchRows,
  ...metadataRows
]
