import { bindBody } from '../bind.js'
import type { Handler, Ledger, Row } from '../call.js'
import { CoreError } from '../errors.js'
import { required, struct } from '../json/bind.js'
import { metadata } from '../json/go-types.js'
import { metadataJson, metadataText, parseMetadata, type Metadata } from '../json/metadata.js'
import { json } from '../reply.js'

const metadataRequest = struct('api.MetadataRequest', { meta_data: required('Metadata', metadata) })

interface Target { readonly table: string, readonly key: string }

// The prefix of an id decides what it names (spec/09 10); a batch is found by the transactions in it.
const TARGETS: Readonly<Record<string, Target>> = {
  ldg: { table: 'ledgers', key: 'ledger_id' },
  bln: { table: 'balances', key: 'balance_id' },
  idt: { table: 'identity', key: 'identity_id' },
  txn: { table: 'transactions', key: 'transaction_id' },
  bulk: { table: 'transactions', key: 'transaction_id' }
}

function targetOf (id: string): Target {
  const prefix = /^([a-z]+)_/.exec(id)?.[1] ?? ''
  const target = Object.hasOwn(TARGETS, prefix) ? TARGETS[prefix] : undefined
  if (target === undefined) throw new CoreError(400, 'META_INVALID_ENTITY_ID', `invalid entity ID format: ${id}`)
  return target
}

/** Top-level keys are overwritten whole, and metadata that is no object counts as empty. Transactions are also reached by their parent. */
async function merge ({ db, schema }: Ledger, id: string, sent: Metadata): Promise<Metadata> {
  const { table, key } = targetOf(id)
  const transactions = table === 'transactions'
  const { rows } = await db.query<{ meta_data: string }>(`UPDATE ${schema}.${table}
    SET meta_data = CASE WHEN jsonb_typeof(meta_data) = 'object' THEN meta_data ELSE '{}' END || $2::jsonb
    WHERE ${key} = $1${transactions ? ' OR parent_transaction = $1' : ''} RETURNING meta_data`, [id, metadataText(sent)])
  const [row] = rows
  if (row === undefined) throw new CoreError(404, 'META_ENTITY_NOT_FOUND', 'entity not found')
  return transactions ? sent : parseMetadata(row.meta_data) ?? sent
}

const update: Handler = async (ledger, request) => {
  const { meta_data: sent } = bindBody(request, metadataRequest)
  return json(200, { meta_data: metadataJson(await merge(ledger, request.params['entityId'] as string, sent ?? new Map())) })
}

export const metadataRows: readonly Row[] = [{ method: 'POST', path: '/:entityId/metadata', handler: update }]
