import { createHash } from 'node:crypto'
import type { Ledger } from '../call.js'
import type { Ids } from '../ids.js'
import { encodeString, type Encodable } from '../json/encode.js'
import { metadataJson, type Metadata } from '../json/metadata.js'
import { formatTime, parseTime, ZERO_TIME } from '../json/time.js'
import { majorUnits, minorUnits } from './decimal.js'
import { distribute } from './distributions.js'
import type { Leg, TransactionView } from './reply.js'
import type { Distribution, RecordTransaction } from './request.js'

/** How a batch overrides its items (spec/09 6.9). */
export interface BatchItem { readonly batch: string, readonly sequence: number, readonly inflight: boolean, readonly skipQueue: boolean }

/** A row to be written (003-posting.sql). Amounts are decimal text. */
export interface Entry { readonly source: string, readonly destination: string, readonly amount: string, readonly precise_amount: string, readonly [member: string]: Encodable }

/** A validated request, ready for the database: what 003-posting.sql calls entries, and the answer it will get. */
export interface Prepared {
  readonly entries: readonly Entry[]
  readonly later: readonly Encodable[]
  readonly split: boolean
  readonly skipQueue: boolean
  readonly view: TransactionView
}

/** spec/09 6.5, hash. */
const hashOf = (amount: string, { reference, currency, source, destination }: { reference: string, currency: string, source: string, destination: string }): string =>
  createHash('sha256').update(amount + reference + currency + source + destination).digest('hex')

/** A date of the request, which validation has read before; absent is Go's zero time. */
const dateOf = (text: string): string => text === '' ? ZERO_TIME : formatTime(parseTime(text))

/** What the flags of a request leave in the metadata (spec/09 6.3). */
function metadataOf (request: RecordTransaction, id: string, { inflight, skipQueue, item }: { readonly inflight: boolean, readonly skipQueue: boolean, readonly item: BatchItem | undefined }): Metadata {
  const meta = new Map(request.meta_data)
  if (item !== undefined) meta.set('sequence', String(item.sequence))
  if (inflight) meta.set('inflight', 'true')
  if (request.atomic) meta.set('atomic', 'true')
  if (request.allow_overdraft) meta.set('allow_overdraft', 'true')
  if (!skipQueue) meta.set('QUEUED_PARENT_TRANSACTION', encodeString(item?.batch ?? id))
  if (skipQueue && !inflight) meta.delete('inflight')
  return meta
}

const isPositive = (decimal: string): boolean => !/^-|^0$/.test(decimal)

/**
 * Works out what a transaction writes: amounts, hashes, metadata, and the legs of a split.
 * @throws SplitError
 */
export function prepare ({ clock, ids }: Pick<Ledger, 'clock' | 'ids'>, request: RecordTransaction, item?: BatchItem): Prepared {
  const id = ids.next('txn')
  const sources = request.sources ?? []
  const destinations = request.destinations ?? []
  const split = sources.length > 0 || destinations.length > 0
  const times = clock.moments(Math.max(1, sources.length + destinations.length)).map(({ json }) => json)
  const inflight = item?.inflight ?? request.inflight
  const skipQueue = item?.skipQueue ?? request.skip_queue
  const precision = /^-?0$/.test(request.precision) ? '1' : request.precision
  const given = request.precise_amount !== null && request.precise_amount > 0n ? request.precise_amount : null
  const precise = given ?? minorUnits(request.amount, precision)
  const amount = majorUnits(precise, precision)
  const scheduled = dateOf(request.scheduled_for)
  const status = scheduled === ZERO_TIME ? 'QUEUED' : 'SCHEDULED'
  const meta = metadataOf(request, id, { inflight, skipQueue, item })
  const limit = isPositive(request.overdraft_limit) ? String(minorUnits(request.overdraft_limit, precision)) : null
  const { currency, description, reference, source, destination, atomic } = request
  const common = { precision, currency, description, created_at: times[0] as string, effective_date: request.effective_date ?? times[0] as string, scheduled_for: scheduled, inflight, atomic }
  const written = { ...common, status, meta_data: metadataJson(meta), overdraft: request.allow_overdraft && /^-?0$/.test(request.overdraft_limit), overdraft_limit: limit }
  const single = { transaction_id: id, parent_transaction: item?.batch ?? '', source, destination, reference, amount, precise_amount: String(precise) }
  // Core hashes before it derives the amount from precise_amount, and a queued row once more after it.
  const hash = hashOf(request.amount, request)
  const legs = split ? splitLegs({ request, ids, id, precise, precision, skipQueue }) : null
  const entries = legs?.entries ?? [{ ...single, hash: skipQueue || given === null ? hash : hashOf(amount, request) }]
  // Nothing to move: with skip_queue the ledger refuses it, a queued one Core loses (spec/09 6.2).
  const lost = !split && !skipQueue && precise === 0n
  return {
    entries: lost ? [] : entries.map((entry, i) => ({ ...written, ...entry, created_at: times[i] as string })),
    later: inflight ? laterOf(id, request) : [],
    split,
    skipQueue,
    view: {
      ...common,
      ...single,
      ...(given === null ? { amount: request.amount } : { amount_string: amount }),
      hash,
      overdraft_limit: request.overdraft_limit,
      status: !skipQueue ? status : inflight ? 'INFLIGHT' : 'APPLIED',
      allow_overdraft: request.allow_overdraft,
      skip_queue: skipQueue,
      sources: withLegIds(sources, legs?.ids),
      destinations: withLegIds(destinations, legs?.ids),
      inflight_expiry_date: dateOf(request.inflight_expiry_date),
      inflight_commit_date: dateOf(request.inflight_commit_date),
      meta_data: meta
    }
  }
}

interface Split { readonly request: RecordTransaction, readonly ids: Ids, readonly id: string, readonly precise: bigint, readonly precision: string, readonly skipQueue: boolean }

/** The legs, numbered in the order of the request (spec/09 6.6, rows), and their ids by identifier. */
function splitLegs ({ request, ids, id, precise, precision, skipQueue }: Split) {
  const sources = request.sources ?? []
  const shares = distribute(precise, sources.length > 0 ? sources : request.destinations ?? [], precision)
  const legIds = new Map<string, string>()
  const entries = [...shares].map(([identifier, share], i) => {
    const legId = ids.next('txn')
    legIds.set(identifier, legId)
    const ends = sources.length > 0 ? { source: identifier, destination: request.destination } : { source: request.source, destination: identifier }
    const amount = majorUnits(share, precision)
    const reference = `${request.reference}${skipQueue ? '-' : '_'}${i + 1}`
    return {
      transaction_id: legId,
      parent_transaction: id,
      ...ends,
      reference,
      amount,
      precise_amount: String(share),
      // With skip_queue Core keeps the hash that it made before the leg had its end and its reference.
      hash: hashOf(amount, skipQueue ? request : { ...ends, reference, currency: request.currency })
    }
  })
  return { entries, ids: legIds }
}

const withLegIds = (legs: readonly Distribution[], ids: ReadonlyMap<string, string> | undefined): Leg[] =>
  legs.map((leg) => ({ ...leg, transaction_id: ids?.get(leg.identifier) ?? leg.transaction_id }))

function laterOf (id: string, request: RecordTransaction): Encodable[] {
  const dates = [['expire', dateOf(request.inflight_expiry_date)], ['commit', dateOf(request.inflight_commit_date)]] as const
  return dates.filter(([, date]) => date !== ZERO_TIME).map(([kind, date]) => ({ kind, transaction_id: id, due_at: date }))
}
