import type { RequestSummary } from './entry.js'

type Matches = (request: RequestSummary) => boolean
type Made = Matches | string

const whenStatus = (text: string): Made => {
  const match = /^([1-5])(\d\d|xx)$/i.exec(text)
  if (match === null) return 'status must be a status such as 404, or a class such as 4xx'
  return match[2]!.toLowerCase() === 'xx' ? ({ status }) => Math.floor((status ?? 0) / 100) === Number(match[1]) : ({ status }) => status === Number(text)
}

const whenRefused = (text: string): Made =>
  text === 'true' || text === 'false' ? ({ refusal }) => (refusal !== null) === (text === 'true') : 'refused must be true or false'

function whenSince (text: string): Made {
  const time = /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : NaN
  return Number.isNaN(time) ? 'since must be an RFC 3339 time, such as 2026-03-02T09:30:00Z' : ({ at }) => Date.parse(at) >= time
}

const whenSlow = (text: string): Made => /^\d{1,9}(\.\d{1,3})?$/.test(text) ? ({ ms }) => ms >= Number(text) : 'min_ms must be a number of milliseconds'

/** The filters of a list of requests, by their name in the query. */
export const FILTERS: Readonly<Record<string, (text: string) => Made>> = {
  method: (text) => ({ method }) => method === text.toUpperCase(),
  path: (text) => ({ path }) => path.startsWith(text),
  row: (text) => ({ row }) => row === text,
  status: whenStatus,
  instance_id: (text) => (one) => one.instance_id === text,
  key: (text) => ({ key }) => key !== null && (key.id === text || key.name === text || key.prefix === text),
  reference: (text) => ({ reference }) => reference === text,
  request_id: (text) => (one) => one.request_id === text,
  refused: whenRefused,
  reason: (text) => ({ reason }) => reason === text,
  since: whenSince,
  min_ms: whenSlow
}

/**
 * What all the filters of a query let through; other members are left to who reads them.
 * @returns a sentence where one cannot be read
 */
export function filterOf (query: Readonly<Record<string, string | undefined>>): Made {
  const all: Matches[] = []
  for (const [name, make] of Object.entries(FILTERS)) {
    const text = query[name]
    if (text === undefined) continue
    const made = make(text)
    if (typeof made === 'string') return made
    all.push(made)
  }
  return (request) => all.every((matches) => matches(request))
}
