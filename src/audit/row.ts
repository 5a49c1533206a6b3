import { redactText } from '../requests/redact.js'
import type { AuditEntry } from './entry.js'

/** A row of the table but for its mac. Times are RFC 3339 in UTC with milliseconds. */
export interface AuditRow {
  readonly writer: string
  readonly seq: number
  readonly at: string
  readonly phase: 'whole' | 'intent' | 'outcome'
  readonly act: string | null
  readonly actor_kind: string
  readonly actor_id: string | null
  readonly actor_name: string | null
  readonly actor_prefix: string | null
  readonly actor_subject: string | null
  readonly instance_id: string | null
  readonly action: string
  readonly entity_kind: string | null
  readonly entity_id: string | null
  readonly outcome: string
  readonly status: number | null
  readonly reason: string | null
  readonly count: number
  readonly route: string | null
  readonly reference: string | null
  readonly request_id: string | null
  readonly address: string | null
}

/** The order of a row's values, in what its mac is made of and in what is handed to the database (migration 090). */
export const COLUMNS = [
  'writer', 'seq', 'at', 'phase', 'act', 'actor_kind', 'actor_id', 'actor_name', 'actor_prefix', 'actor_subject', 'instance_id',
  'action', 'entity_kind', 'entity_id', 'outcome', 'status', 'reason', 'count', 'route', 'reference', 'request_id', 'address'
] as const satisfies ReadonlyArray<keyof AuditRow>

/** A row's values, in the order of COLUMNS. */
export type AuditValues = ReadonlyArray<string | number | null>

/** Characters of a value: what callers choose, such as an id in a path, may be as long as a request line. */
const MOST = 300

// What Postgres does not store in text, and what has no form in UTF-8.
const UNSTORABLE = /[\0\p{Surrogate}]/gu

function text (value: string | undefined): string | null {
  if (value === undefined) return null
  const kept = value.length > MOST ? value.slice(0, MOST) : value
  // Nearly every one can be stored; to find that out by the pattern costs as much as the rest of a row.
  return kept.isWellFormed() && !kept.includes('\0') ? kept : kept.replace(UNSTORABLE, '\ufffd')
}

/** An id of a Core's or of ours: nearly every one, and told sooner than by a look for secrets. */
const ID = /^(?:(?:bln|idt|ldg|ref|txn)_)?[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/

/** What a caller has chosen: a secret may have been put where an id is expected. */
const chosen = (value: string | undefined): string | null => value === undefined ? null : ID.test(value) ? value : text(redactText(value.slice(0, MOST), value.length > MOST))

/** An entry as this process writes it, as its `seq`th. */
export function valuesOf (entry: AuditEntry, writer: string, seq: number): AuditValues {
  const { actor } = entry
  return [
    writer,
    seq,
    new Date(entry.at).toISOString(),
    entry.phase ?? 'whole',
    entry.act ?? null,
    actor.kind,
    text(actor.id),
    text(actor.name),
    text(actor.prefix),
    text(actor.subject),
    chosen(entry.instanceId),
    text(entry.action),
    entry.entityKind ?? null,
    chosen(entry.entityId),
    entry.outcome,
    entry.status ?? null,
    text(entry.reason),
    entry.count ?? 1,
    text(entry.route),
    chosen(entry.reference),
    chosen(entry.requestId),
    text(entry.address)
  ]
}

export const rowOf = (values: AuditValues): AuditRow => Object.fromEntries(COLUMNS.map((name, i) => [name, values[i]])) as unknown as AuditRow
