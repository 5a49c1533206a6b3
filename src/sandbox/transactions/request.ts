import { field, struct, type Bound } from '../json/bind.js'
import { bigInt, bool, float64, list, metadata, pointer, text, time } from '../json/go-types.js'

const distribution = struct('model.Distribution', {
  identifier: field(text),
  distribution: field(text),
  precise_distribution: field(text),
  transaction_id: field(text)
})

export type Distribution = Bound<typeof distribution>

/** POST /transactions (spec/09 6.1). Floats are plain decimal text, dates text that validation reads. */
export const recordTransaction = struct('model.RecordTransaction', {
  amount: field(float64),
  precision: field(float64),
  overdraft_limit: field(float64),
  precise_amount: field(bigInt),
  allow_overdraft: field(bool),
  inflight: field(bool),
  skip_queue: field(bool),
  atomic: field(bool),
  source: field(text),
  reference: field(text),
  destination: field(text),
  description: field(text),
  currency: field(text),
  balance_id: field(text),
  scheduled_for: field(text),
  inflight_expiry_date: field(text),
  inflight_commit_date: field(text),
  sources: field(list(distribution)),
  destinations: field(list(distribution)),
  meta_data: field(metadata),
  effective_date: field(pointer(time)),
  dry_run: field(bool)
})

export type RecordTransaction = Bound<typeof recordTransaction>

export const bulkTransactions = struct('model.BulkTransactionRequest', {
  transactions: field(list(pointer(recordTransaction))),
  inflight: field(bool),
  atomic: field(bool),
  run_async: field(bool),
  skip_queue: field(bool),
  dry_run: field(bool)
})

export type BulkTransactions = Bound<typeof bulkTransactions>

export const inflightUpdate = struct('model.InflightUpdate', {
  status: field(text),
  amount: field(float64),
  precise_amount: field(bigInt),
  skip_queue: field(bool),
  dry_run: field(bool)
})

export const bulkVoid = struct('model.BulkInflightVoidRequest', {
  transaction_ids: field(list(text)),
  skip_queue: field(bool),
  dry_run: field(bool)
})

const commitItem = struct('model.BulkInflightCommitItem', {
  transaction_id: field(text),
  amount: field(float64),
  precise_amount: field(bigInt)
})

export const bulkCommit = struct('model.BulkInflightCommitRequest', {
  transactions: field(list(commitItem)),
  skip_queue: field(bool),
  dry_run: field(bool)
})

export const refundTransaction = struct('api.refundTransactionRequest', {
  skip_queue: field(bool),
  dry_run: field(bool),
  meta_data: field(metadata),
  description: field(text)
})
