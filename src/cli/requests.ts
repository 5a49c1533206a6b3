import { printable, requestLine } from '../gateway/request-line.js'
import type { KeptBody } from '../requests/body.js'
import type { RequestEntry, RequestSummary } from '../requests/entry.js'
import { admin, CliError, type Where } from './admin.js'
import { leftOut, openFollowed } from './followed.js'
import { table } from './table.js'
import { jsonText } from './json-text.js'

/** The filters of `GET /admin/requests`, as options spell them. */
export interface RequestFilters {
  readonly method?: string
  readonly path?: string
  readonly row?: string
  readonly status?: string
  readonly instance?: string
  readonly key?: string
  readonly reference?: string
  readonly requestId?: string
  readonly refused?: boolean
  readonly reason?: string
  readonly since?: string
  readonly minMs?: string
}

interface Options extends Where, RequestFilters { readonly json?: boolean, readonly limit: string }

const print = (text: string): void => { process.stdout.write(`${text}\n`) }

function pathOf ({ instance, requestId, minMs, refused, ...rest }: Options, others: Readonly<Record<string, string>> = {}): string {
  const { method, path, row, status, key, reference, reason, since, limit } = rest
  const wanted = { method, path, row, status, instance_id: instance, key, reference, request_id: requestId, refused: refused === true ? 'true' : undefined, reason, since, min_ms: minMs, limit, ...others }
  const given = Object.entries(wanted).filter((pair): pair is [string, string] => pair[1] !== undefined)
  return `/admin/requests?${new URLSearchParams(given).toString()}`
}

/** Of an RFC 3339 time, where this machine is. */
export function timeOfDay (at: string): string {
  const time = new Date(at)
  return [time.getHours(), time.getMinutes(), time.getSeconds()].map((n) => String(n).padStart(2, '0')).join(':')
}

export function lineOf (one: RequestSummary, colours: boolean): string {
  const line = { ...one, key: one.key?.name ?? null, instance: one.instance_id, refused: one.refusal?.message ?? null }
  return `${timeOfDay(one.at)} ${requestLine(line, colours)} · ${one.id}`
}

/** A line a request, the oldest first; with `follow` those to come too, until the gateway stops. */
export async function logs (options: Options & { follow?: boolean }): Promise<void> {
  // Whoever reads only the beginning, as `head` does, ends it.
  process.stdout.on('error', () => { process.exit(0) })
  const colours = process.stdout.isTTY && process.stdout.hasColors()
  const show = (one: RequestSummary): void => { print(options.json === true ? jsonText(one) : lineOf(one, colours)) }
  if (options.follow === true) return await follow(options, show)
  const { data } = await admin<{ data: RequestSummary[] }>(options, 'GET', pathOf(options))
  for (const one of data.reverse()) show(one)
}

async function follow (options: Options, show: (one: RequestSummary) => void): Promise<void> {
  const say = (text: string): void => { process.stderr.write(`blnk-gateway: ${text}\n`) }
  for await (const told of await openFollowed(options, pathOf(options, { follow: 'true' }))) {
    if ('id' in told) show(told)
    else say(told.missed === undefined ? `${told.ended ?? ''}: no more requests` : leftOut(told.missed))
  }
}

export async function listRequests (options: Options): Promise<void> {
  const { data } = await admin<{ data: RequestSummary[] }>(options, 'GET', pathOf(options))
  if (options.json === true) return print(jsonText(data))
  print(printable(table(['ID', 'AT', 'METHOD', 'PATH', 'STATUS', 'MS', 'KEY', 'INSTANCE', 'REASON'], data.map((one) =>
    [one.id, one.at, one.method, one.path, String(one.status ?? one.end), one.ms.toFixed(1), one.key?.name ?? '', one.instance_id ?? '', one.reason ?? '']))))
}

/** The entry of an id of the log, or the last one of an X-Request-Id. */
export async function findEntry (where: Where, id: string): Promise<RequestEntry> {
  const show = async (known: string): Promise<RequestEntry> => await admin<RequestEntry>(where, 'GET', `/admin/requests/${encodeURIComponent(known)}`)
  if (/^req_[a-z\d]+_\d+$/.test(id)) return await show(id)
  const { data: [last] } = await admin<{ data: RequestSummary[] }>(where, 'GET', `/admin/requests?${new URLSearchParams({ request_id: id, limit: '1' }).toString()}`)
  if (last === undefined) throw new CliError(`the request log has no request ${id}: blnk-gateway requests list shows what it has`)
  return await show(last.id)
}

const OMITTED: Readonly<Record<Exclude<KeptBody['omitted'], null>, string>> = {
  admin: 'bodies of the admin API are not kept, since keys of Cores are in them',
  multipart: 'uploads are not kept',
  encoded: 'compressed bodies are not kept',
  binary: 'it is no text',
  off: 'REQUEST_LOG_BODIES is 0'
}

export function bodyText ({ bytes, text, truncated, omitted }: KeptBody): string {
  if (omitted !== null) return `(${bytes} bytes: ${OMITTED[omitted]})`
  return truncated ? `${text ?? ''}\n(the rest of ${bytes} bytes was not kept)` : text ?? ''
}

const headerLines = (headers: RequestEntry['request']['headers']): string[] => headers.map(([name, value]) => `${name}: ${value}`)

export async function showRequest (id: string, options: Where & { json?: boolean }): Promise<void> {
  const entry = await findEntry(options, id)
  if (options.json === true) return print(jsonText(entry))
  const { request, response } = entry
  print([
    lineOf(entry, process.stdout.isTTY && process.stdout.hasColors()), '',
    ...[
      `${entry.method} ${targetOf(entry)}`, ...headerLines(request.headers), '', bodyText(request.body), '',
      ...(response === null ? ['(no answer)'] : [String(entry.status), ...headerLines(response.headers), '', bodyText(response.body)])
    ].map(printable)
  ].join('\n'))
}

export const targetOf = ({ path, query }: RequestSummary): string => query === null ? path : `${path}?${query}`
