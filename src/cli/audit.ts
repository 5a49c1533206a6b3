import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as wait } from 'node:timers/promises'
import type { Verification } from '../audit/verify.js'
import { admin, CliError, openAdmin, type Where } from './admin.js'
import { table } from './table.js'
import { jsonText } from './json-text.js'

interface Options extends Where {
  readonly json?: boolean
  readonly csv?: boolean
  readonly verify?: boolean
  readonly follow?: boolean
  readonly limit: string
  readonly action?: string
  readonly kind?: string
  readonly entity?: string
  readonly actor?: string
  readonly instance?: string
  readonly outcome?: string
  readonly status?: string
  readonly requestId?: string
  readonly since?: string
  readonly until?: string
}

interface Entry {
  readonly id: string
  readonly at: string
  readonly action: string
  readonly outcome: string
  readonly status: number | null
  readonly reason: string | null
  readonly count: number
  readonly actor: { readonly kind: string, readonly name: string | null, readonly id: string | null }
  readonly entity: { readonly id: string | null } | null
  readonly instance_id: string | null
  readonly address: string | null
}

interface Page { readonly data: Entry[], readonly more: boolean }

/** Milliseconds between two questions for what is new. */
const ASK_MS = 1_000

const MOST = '1000'

function pathOf (options: Options, others: Readonly<Record<string, string>>): string {
  const { action, kind, entity, actor, instance, outcome, status, requestId, since, until } = options
  const wanted = { action, entity_kind: kind, entity_id: entity, actor, instance_id: instance, outcome, status, request_id: requestId, since, until, ...others }
  const given = Object.entries(wanted).filter((pair): pair is [string, string] => pair[1] !== undefined)
  return `/admin/audit?${new URLSearchParams(given).toString()}`
}

const CONTROL = /\p{Cc}/gu

const columnsOf = (one: Entry): string[] => [
  one.at, one.count === 1 ? one.action : `${one.action} (${one.count})`, one.outcome, String(one.status ?? ''), one.reason ?? '',
  one.actor.name ?? one.actor.id ?? one.actor.kind, one.entity?.id ?? '', one.instance_id ?? '', one.address ?? ''
].map((text) => text.replace(CONTROL, '?'))

function print (entries: readonly Entry[], { json }: Options, head: boolean): void {
  if (json === true) for (const one of entries) process.stdout.write(`${jsonText(one)}\n`)
  else if (head) process.stdout.write(`${table(['AT', 'ACTION', 'OUTCOME', 'STATUS', 'REASON', 'ACTOR', 'ENTITY', 'INSTANCE', 'ADDRESS'], entries.map(columnsOf))}\n`)
  else for (const one of entries) process.stdout.write(`${columnsOf(one).filter((text) => text !== '').join('  ')}\n`)
}

async function showVerification (options: Options): Promise<void> {
  const found = await admin<Verification>(options, 'GET', '/admin/audit/verification')
  if (found.altered + found.missing > 0) process.exitCode = 1
  const sentence = `${found.rows} rows: ${found.altered} altered, ${found.missing} missing`
  process.stdout.write(`${options.json === true ? jsonText(found) : sentence}\n`)
  if (options.json !== true && found.findings.length > 0) process.stdout.write(`${table(['WHAT', 'ID', 'WRITER', 'SEQ'], found.findings.map((one) => [one.what, one.id ?? '', one.writer, String(one.seq)]))}\n`)
}

/** The audit log, the oldest first; with `follow` what comes as well, until it is interrupted. */
export async function showAudit (options: Options): Promise<void> {
  // Whoever reads only the beginning, as `head` does, ends it.
  process.stdout.on('error', () => { process.exit(0) })
  if (options.verify === true) return await showVerification(options)
  if (options.csv === true) {
    if (options.follow === true || options.json === true) throw new CliError('--csv is whole and by itself: leave out --follow and --json')
    const { body } = await openAdmin(options, pathOf(options, { format: 'csv' }))
    return await pipeline(Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]), process.stdout, { end: false })
  }
  const { data } = await admin<Page>(options, 'GET', pathOf(options, { limit: options.limit }))
  print(data.reverse(), options, true)
  if (options.follow !== true) return
  // Whatever it is about: what is written from now on comes after it.
  const [newest] = data.length > 0 ? [data.at(-1)] : (await admin<Page>(options, 'GET', '/admin/audit?limit=1')).data
  let last = newest?.id ?? '0'
  for (;;) {
    const { data: next, more } = await admin<Page>(options, 'GET', pathOf(options, { after: last, limit: MOST }))
    print(next, options, false)
    last = next.at(-1)?.id ?? last
    if (!more) await wait(ASK_MS)
  }
}
