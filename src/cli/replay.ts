import { request as http, type IncomingMessage } from 'node:http'
import { request as https } from 'node:https'
import { text } from 'node:stream/consumers'
import { fillTransaction } from '../proxy/fill.js'
import { printable } from '../gateway/request-line.js'
import type { RequestEntry } from '../requests/entry.js'
import { redactHeaders, redactText, REMOVED } from '../requests/redact.js'
import { addressOf, CliError, variable, type Where } from './admin.js'
import { differences } from './json-difference.js'
import { readText } from './read-text.js'
import { findEntry, targetOf } from './requests.js'
import { jsonText } from './json-text.js'

interface Options extends Where { readonly json?: boolean, readonly keyFile?: string, readonly baseUrl?: string, readonly sameReference?: boolean }

/** What the connection decides, and what is this request's own. */
const NOT_SENT = /^(host|connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|expect|content-length|x-request-id|accept-encoding)$/i

/** Of an answer, what differs each time. */
const NOT_COMPARED = /^(date|x-request-id|content-length|x-blnk-reference|connection|keep-alive|transfer-encoding)$/i

interface Answer { readonly status: number, readonly headers: ReadonlyArray<readonly [string, string]>, readonly body: string }

function keyOf ({ keyFile }: Options): string {
  const key = keyFile === undefined ? variable('BLNK_API_KEY') : readText(keyFile)
  if (key === undefined || key === '') throw new CliError('a replay needs an API key, since the recorded one is not kept: set BLNK_API_KEY, or name a file with --key-file')
  return key
}

/** @throws CliError when what was kept is not what was sent */
function bodyOf ({ id, path, query, request }: RequestEntry): string {
  const { body, whole } = request
  const refuse = (why: string): never => { throw new CliError(`${id} cannot be replayed: ${why}`) }
  if (path.startsWith('/admin')) refuse('the bodies and the token of the admin API are not kept')
  if (body.omitted !== null) refuse('its body was not kept')
  if (body.truncated) refuse(`only a part of its body of ${body.bytes} bytes was kept: start with a larger REQUEST_LOG_BODIES`)
  if (body.redacted || query?.includes(REMOVED) === true) refuse('secrets were removed from it')
  if (!whole) refuse('its body was not read to the end, since it was refused before that, or its caller left')
  return body.text ?? ''
}

function withReference ({ id, row, reference }: RequestEntry, body: string): string {
  if (reference === null || row !== '/proxy/transactions') throw new CliError(`no reference was generated for ${id}: --same-reference is for a transaction that was given one`)
  return fillTransaction(Buffer.from(body), () => reference).body.toString()
}

interface Target { readonly base: string, readonly certificate: string | null }

async function send ({ base, certificate }: Target, entry: RequestEntry, { key, body }: { readonly key: string, readonly body: string }): Promise<Answer> {
  const { protocol, hostname, port, pathname } = new URL(base)
  const kept = entry.request.headers.filter(([name, value]) => !NOT_SENT.test(name) && !value.includes(REMOVED))
  const hasBody = body !== '' || entry.request.headers.some(([name]) => /^content-length$/i.test(name))
  const headers = [...kept, ['Authorization', `Bearer ${key}`] as const, ...(hasBody ? [['Content-Length', String(Buffer.byteLength(body))] as const] : [])]
  const tls = certificate === null ? {} : { ca: certificate, allowPartialTrustChain: true, checkServerIdentity: () => undefined }
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    // The target goes out as it came in, byte for byte.
    const sent = (protocol === 'https:' ? https : http)({ ...tls, hostname: hostname.replace(/^\[|\]$/g, ''), port, method: entry.method, path: pathname.replace(/\/$/, '') + targetOf(entry), headers: Object.fromEntries(grouped(headers)) }, resolve)
    sent.on('error', (error) => { reject(new CliError(`no gateway answers at ${base}: name it with --base-url`, { cause: error })) })
    sent.end(body)
  })
  const flat = answer.rawHeaders
  return { status: answer.statusCode ?? 0, headers: flat.flatMap((name, i) => i % 2 === 0 ? [[name, flat[i + 1] as string] as const] : []), body: await text(answer) }
}

/** Headers that are there more than once, as node:http takes them. */
function grouped (headers: ReadonlyArray<readonly [string, string]>): Map<string, string | string[]> {
  const all = new Map<string, string | string[]>()
  for (const [name, value] of headers) {
    const before = all.get(name)
    all.set(name, before === undefined ? value : [before, value].flat())
  }
  return all
}

const sameClass = (a: number | null, b: number): boolean => Math.floor((a ?? 0) / 100) === Math.floor(b / 100)

function compare ({ status, response }: RequestEntry, answer: Answer): string[] {
  const lines = status === answer.status ? [] : [`status: ${status ?? 'no answer'} -> ${answer.status}`]
  if (response === null) return lines
  // Two answers of different kinds differ in everything.
  if (!sameClass(status, answer.status)) return lines
  const read = (headers: Answer['headers']): Map<string, string> => new Map(headers.filter(([name]) => !NOT_COMPARED.test(name)).map(([name, value]) => [name.toLowerCase(), value]))
  const old = read(response.headers)
  const now = read(redactHeaders(answer.headers.flat()))
  for (const name of new Set([...old.keys(), ...now.keys()])) if (old.get(name) !== now.get(name)) lines.push(`${name}: ${old.get(name) ?? '(absent)'} -> ${now.get(name) ?? '(absent)'}`)
  if (response.body.text === null || response.body.truncated) return [...lines, 'the body of the first answer was not kept whole, so it is not compared']
  return [...lines, ...differences(response.body.text, redactText(answer.body))]
}

function noteOn ({ reference }: RequestEntry, options: Options): string | null {
  if (reference === null) return null
  return options.sameReference === true
    ? `sent with ${reference}, the reference that was generated the first time: Core refuses a second transaction with it`
    : `the reference ${reference} was generated by the gateway and not sent, so another one is made: this is a second transaction (--same-reference sends the first one's)`
}

/** Sends a recorded request again, as the caller whose key is given, and says what differs. */
export async function replay (id: string, options: Options): Promise<void> {
  const entry = await findEntry(options, id)
  const kept = bodyOf(entry)
  const body = options.sameReference === true ? withReference(entry, kept) : kept
  const { callersUrl, certificate } = addressOf(options)
  const target = options.baseUrl === undefined ? { base: callersUrl, certificate } : { base: options.baseUrl.replace(/\/+$/, ''), certificate: null }
  const answer = await send(target, entry, { key: keyOf(options), body })
  const note = noteOn(entry, options)
  const lines = compare(entry, answer)
  if (options.json === true) {
    process.stdout.write(`${jsonText({ replayed: entry.id, status: answer.status, headers: answer.headers, body: answer.body, differences: lines, note })}\n`)
    return
  }
  process.stdout.write(printable([`${entry.method} ${targetOf(entry)}`, ...(note === null ? [] : [note]), '', String(answer.status), answer.body, '', ...(lines.length === 0 ? ['Nothing differs.'] : ['What differs:', ...lines.map((line) => `  ${line}`)]), ''].join('\n')))
}
