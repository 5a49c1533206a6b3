import { ENTITY_KINDS, RESULTS } from './entry.js'
import type { Condition } from './store.js'

type Made = Condition | string

const is = (column: string) => (value: string): Made => ({ sql: `${column} = ?`, values: [value] })

const oneOf = (name: string, all: readonly string[]) => (value: string): Made => all.includes(value) ? is(name)(value) : `${name} must be one of ${all.join(', ')}`

function whenStatus (text: string): Made {
  const match = /^([1-5])(\d\d|xx)$/i.exec(text)
  if (match === null) return 'status must be a status such as 404, or a class such as 4xx'
  const first = Number(match[1]) * 100
  return match[2]!.toLowerCase() === 'xx' ? { sql: 'status BETWEEN ? AND ?', values: [first, first + 99] } : { sql: 'status = ?', values: [Number(text)] }
}

const when = (name: string, sql: string) => (text: string): Made =>
  /^\d{4}-\d\d-\d\dT/.test(text) && !Number.isNaN(Date.parse(text)) ? { sql, values: [new Date(text).toISOString()] } : `${name} must be an RFC 3339 time, such as 2026-03-02T09:30:00Z`

/** The filters of the audit log, by their name in the query. */
export const FILTERS: Readonly<Record<string, (text: string) => Made>> = {
  action: is('action'),
  entity_kind: oneOf('entity_kind', ENTITY_KINDS),
  entity_id: is('entity_id'),
  actor: (text) => ({ sql: '(actor_id = ? OR actor_name = ? OR actor_prefix = ? OR actor_subject = ?)', values: [text, text, text, text] }),
  actor_kind: is('actor_kind'),
  instance_id: is('instance_id'),
  outcome: oneOf('outcome', RESULTS),
  status: whenStatus,
  reason: is('reason'),
  route: is('route'),
  reference: is('reference'),
  request_id: is('request_id'),
  address: is('address'),
  since: when('since', 'at >= ?::timestamptz'),
  until: when('until', 'at < ?::timestamptz')
}

/** What all the filters of a query ask for; a sentence where one cannot be read. Other members are left to who reads them. */
export function conditionsOf (query: Readonly<Record<string, string | undefined>>): Condition[] | string {
  const all: Condition[] = []
  for (const [name, make] of Object.entries(FILTERS)) {
    const text = query[name]
    if (text === undefined) continue
    const made = text.includes('\0') ? `${name} has a character that is in no row` : make(text)
    if (typeof made === 'string') return made
    all.push(made)
  }
  return all
}
