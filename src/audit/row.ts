import { redactText } from '../requests/redact.js'
import type { AuditEntry } from './entry.js'

/** A row of the table but for its mac, in the order of what the mac is made of. Times are RFC 3339 in UTC with milliseconds. */
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

/** What a caller has chosen: a secret may have been put where an id is expected. */
const chosen = (value: string | undefined): string | null => value === undefined ? null : text(redactText(value.slice(0, MOST), value.length > MOST))

/** An entry as this process writes it, as its `seq`th. */
export function rowOf (entry: AuditEntry, writer: string, seq: number): AuditRow {
  const { actor } = entry
  return {
    writer,
    seq,
    at: new Date(entry.at).toISOString(),
    phase: entry.phase ?? 'whole',
    act: entry.act ?? null,
    actor_kind: actor.kind,
    actor_id: text(actor.id),
    actor_name: text(actor.name),
    actor_prefix: text(actor.prefix),
    actor_subject: text(actor.subject),
    instance_id: chosen(entry.instanceId),
    action: text(entry.action) as string,
    entity_kind: entry.entityKind ?? null,
    entity_id: chosen(entry.entityId),
    outcome: entry.outcome,
    status: entry.status ?? null,
    reason: text(entry.reason),
    count: entry.count ?? 1,
    route: text(entry.route),
    reference: chosen(entry.reference),
    request_id: chosen(entry.requestId),
    address: text(entry.address)
  }
}
