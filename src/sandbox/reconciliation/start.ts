import { bindBody } from '../bind.js'
import type { CoreReply, Handler, Ledger } from '../call.js'
import { momentOf } from '../clock.js'
import { violationDetails } from '../database-error.js'
import { CoreError } from '../errors.js'
import { field, required, struct, type Bound } from '../json/bind.js'
import { encodeJson } from '../json/encode.js'
import { bool, list, text } from '../json/go-types.js'
import { timestampJson } from '../json/time.js'
import { json } from '../reply.js'
import { externalTransaction, insertUntilRefused } from './external.js'

/** The most that one instant run takes. */
const LIMIT = 10_000

const RUN_FIELDS = { grouping_criteria: field(text), dry_run: field(bool) }

// Core binds these into structs without a name, which its texts spell out.
const startRequest = struct(
  'struct { UploadID string "json:\\"upload_id\\" binding:\\"required\\""; Strategy string "json:\\"strategy\\" binding:\\"required\\""; GroupingCriteria string "json:\\"grouping_criteria\\""; DryRun bool "json:\\"dry_run\\""; MatchingRuleIDs []string "json:\\"matching_rule_ids\\" binding:\\"required\\"" }',
  { upload_id: required('UploadID', text), strategy: required('Strategy', text), ...RUN_FIELDS, matching_rule_ids: required('MatchingRuleIDs', list(text)) })

const instantRequest = struct(
  'struct { ExternalTransactions []model.ExternalTransaction "json:\\"external_transactions\\" binding:\\"required\\""; Strategy string "json:\\"strategy\\" binding:\\"required\\""; GroupingCriteria string "json:\\"grouping_criteria\\""; DryRun bool "json:\\"dry_run\\""; MatchingRuleIDs []string "json:\\"matching_rule_ids\\" binding:\\"required\\"" }',
  { external_transactions: required('ExternalTransactions', list(externalTransaction)), strategy: required('Strategy', text), ...RUN_FIELDS, matching_rule_ids: required('MatchingRuleIDs', list(text)) })

type Wanted = Pick<Bound<typeof startRequest>, 'strategy' | 'grouping_criteria' | 'dry_run' | 'matching_rule_ids'>

const invalid = (code: string, sentence: string): CoreError => new CoreError(400, code, sentence)

function checkRules ({ matching_rule_ids: ids }: Wanted): void {
  if (ids === null || ids.length === 0) throw invalid('RECON_MATCHING_RULES_REQUIRED', 'matching_rule_ids is required')
}

/** Records the run; it is worked on by the queue from `begin` on. */
async function record ({ db, schema, clock, ids }: Ledger, uploadId: string): Promise<string> {
  const id = ids.next('recon')
  await db.query(`INSERT INTO ${schema}.reconciliations (reconciliation_id, upload_id, status, matched_transactions, unmatched_transactions, started_at)
    VALUES ($1, $2, 'started', 0, 0, $3)`, [id, uploadId, clock.now().column])
  return id
}

async function begin ({ db, schema, clock, wake }: Ledger, id: string, wanted: Wanted): Promise<void> {
  const task = encodeJson({ strategy: wanted.strategy, grouping: wanted.grouping_criteria, rules: wanted.matching_rule_ids ?? [], dry_run: wanted.dry_run })
  // The clock's moment itself: under one that stands, times are told apart by counting on from it, and a restart begins there again.
  await db.query(`INSERT INTO ${schema}.queue (kind, transaction_id, due_at, task) VALUES ('reconcile', $1, $2, $3)`, [id, momentOf(clock.micros()).column, task])
  wake()
}

const started = (id: string): CoreReply => json(200, { reconciliation_id: id })

/** POST /reconciliation/start: neither the upload nor the rules nor the strategy are looked at yet (spec/09 9, start). */
export const start: Handler = async (ledger, request) => {
  const wanted = bindBody(request, startRequest)
  checkRules(wanted)
  const id = await record(ledger, wanted.upload_id)
  await begin(ledger, id, wanted)
  return started(id)
}

/** POST /reconciliation/start-instant: what is sent is stored as an upload, in a dry run too. */
export const startInstant: Handler = async (ledger, request) => {
  const wanted = bindBody(request, instantRequest)
  const sent = wanted.external_transactions
  if (sent === null || sent.length === 0) throw invalid('RECON_EXTERNAL_TXNS_REQUIRED', 'external_transactions is required')
  if (sent.length > LIMIT) throw invalid('GEN_VALIDATION_ERROR', `too many external_transactions; max is ${LIMIT}`)
  checkRules(wanted)
  const uploadId = ledger.ids.next('instant')
  const id = await record(ledger, uploadId)
  try {
    await insertUntilRefused(ledger, uploadId, sent)
  } catch (error) {
    if ((error as { code?: string }).code === undefined) throw error
    await ledger.db.query(`UPDATE ${ledger.schema}.reconciliations SET status = 'failed' WHERE reconciliation_id = $1`, [id])
    throw new CoreError(500, 'GEN_INTERNAL', 'Failed to record external transaction', { details: violationDetails(error) })
  }
  await begin(ledger, id, wanted)
  return started(id)
}

interface Row { readonly reconciliation_id: string, readonly upload_id: string, readonly status: string, readonly matched_transactions: number, readonly unmatched_transactions: number, readonly started_at: string, readonly completed_at: string | null }

/** GET /reconciliation/:id. `is_dry_run` is not stored, so a Core always reads false. */
export const show: Handler = async ({ db, schema }, { params }) => {
  const { rows: [row] } = await db.query<Row>(`SELECT reconciliation_id, upload_id, status, matched_transactions, unmatched_transactions, started_at, completed_at
    FROM ${schema}.reconciliations WHERE reconciliation_id = $1`, [params['id']])
  if (row === undefined) throw new CoreError(404, 'RECON_NOT_FOUND', 'Reconciliation not found')
  const { started_at: startedAt, completed_at: completedAt, ...told } = row
  return json(200, { ...told, is_dry_run: false, started_at: timestampJson(startedAt), completed_at: completedAt === null ? null : timestampJson(completedAt) })
}
