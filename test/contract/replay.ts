import { readdirSync, readFileSync } from 'node:fs'
import { request } from 'node:http'
import { isDeepStrictEqual } from 'node:util'
import { setTimeout as wait } from 'node:timers/promises'
import { differences, parseExact, type Difference } from './compare.js'
import { Tokens } from './tokens.js'

export interface Step {
  readonly request: { readonly method: string, readonly path: string, readonly headers?: Readonly<Record<string, string | null>>, readonly body?: string }
  readonly response: { readonly status: number, readonly content_type: string, readonly body: string }
  readonly wait?: number
  readonly until?: Readonly<Record<string, unknown>>
  readonly mask?: readonly string[]
  readonly varies?: readonly string[]
}
export interface Recording { readonly name: string, readonly steps: readonly Step[] }

/** A server to ask in Core's place. `query` is added to each path; an error names headers by what `headers` holds. */
export interface Target { readonly base: string, readonly headers: Readonly<Record<string, string>>, readonly query?: string }

export interface Answer { readonly status: number, readonly contentType: string, readonly body: string }
export interface Disagreement { readonly step: number, readonly request: string, readonly why: readonly Difference[] }
export interface Outcome {
  readonly steps: number
  readonly agreed: number
  readonly sameBytes: number
  readonly disagreements: readonly Disagreement[]
  /** What came for each step, with tokens in place of ids and times. */
  readonly answers: readonly Answer[]
}

/** How long a step with `until` is repeated. */
const UNTIL_MS = 30_000

const folder = new URL('recordings/', import.meta.url)

export function readRecordings (): Recording[] {
  return readdirSync(folder).filter((name) => name.endsWith('.json')).sort()
    .map((name) => JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as Recording)
}

/** The target is sent as it stands; a URL parser would rewrite it. */
async function send (base: URL, method: string, path: string, { headers, body }: { headers: Record<string, string>, body: string | undefined }): Promise<Answer> {
  return await new Promise((resolve, reject) => {
    const sent = request({ host: base.hostname, port: base.port, method, path, headers }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', reject).on('end', () => {
        resolve({ status: response.statusCode ?? 0, contentType: response.headers['content-type'] ?? '', body: Buffer.concat(chunks).toString() })
      })
    })
    sent.on('error', reject).end(body)
  })
}

function headersOf (step: Step, target: Target, tokens: Tokens, body: string | undefined): Record<string, string> {
  const headers = new Map(Object.entries(target.headers))
  for (const [name, value] of Object.entries(step.request.headers ?? {})) {
    if (value !== null) headers.set(name, tokens.fill(value))
    else for (const sent of [...headers.keys()]) if ([name.toLowerCase(), 'authorization'].includes(sent.toLowerCase())) headers.delete(sent)
  }
  if (body !== undefined && ![...headers.keys()].some((name) => name.toLowerCase() === 'content-type')) headers.set('Content-Type', 'application/json')
  return { ...Object.fromEntries(headers), ...(body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) }) }
}

function pick (value: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((inside, key) => (inside as Record<string, unknown> | undefined)?.[key], value)
}

function fulfils (body: string, until: NonNullable<Step['until']>): boolean {
  try {
    const value: unknown = JSON.parse(body)
    return Object.entries(until).every(([path, wanted]) => isDeepStrictEqual(pick(value, path), wanted))
  } catch {
    return false
  }
}

/** A route that the server does not have will not come up by waiting. */
const isUnrouted = ({ status, contentType }: Answer): boolean => status === 404 && contentType.startsWith('text/plain')

/** Sends a step as recorded and answers what came, with the values masked that a secret decides. */
export async function ask (step: Step, target: Target, tokens: Tokens): Promise<Answer> {
  if (step.wait !== undefined) await wait(step.wait * 1000)
  const base = new URL(target.base)
  const body = step.request.body === undefined ? undefined : tokens.fill(step.request.body)
  const plain = base.pathname.replace(/\/$/, '') + tokens.fill(step.request.path).replaceAll(' ', '%20')
  const path = target.query === undefined ? plain : `${plain}${plain.includes('?') ? '&' : '?'}${target.query}`
  const headers = headersOf(step, target, tokens, body)
  const deadline = Date.now() + UNTIL_MS
  let answer = await send(base, step.request.method, path, { headers, body })
  while (step.until !== undefined && !isUnrouted(answer) && !fulfils(answer.body, step.until) && Date.now() < deadline) {
    await wait(50)
    answer = await send(base, step.request.method, path, { headers, body })
  }
  let masked = answer.body
  for (const name of step.mask ?? []) masked = masked.replace(new RegExp(`("${name}":)"[^"]*"`, 'g'), '$1"<masked>"')
  return { ...answer, body: masked }
}

const mediaType = (contentType: string): string => contentType.split(';', 1)[0] as string

function bodyDifferences (want: string, got: string, varies: readonly string[]): Difference[] {
  try {
    return [...differences(parseExact(want), parseExact(got))].filter(([path]) => !varies.some((each) => path === each || path.startsWith(`${each}.`)))
  } catch {
    return [['body', want, got]]
  }
}

/** What differs between the answer that is wanted and the one that came, both with tokens. */
export function disagreement (want: Answer, got: Answer, varies: readonly string[] = []): Difference[] {
  const why: Difference[] = []
  if (got.status !== want.status && !varies.includes('status')) why.push(['status', want.status, got.status])
  if (mediaType(got.contentType) !== mediaType(want.contentType)) why.push(['content-type', want.contentType, got.contentType])
  if (got.body !== want.body && !varies.includes('*') && !varies.includes('status')) why.push(...bodyDifferences(want.body, got.body, varies))
  return why
}

/** Plays a recording against a server whose Core is empty. Both readings of replay.py are counted: equal as JSON, and byte for byte. */
export async function replay (recording: Recording, target: Target): Promise<Outcome> {
  const tokens = new Tokens()
  const disagreements: Disagreement[] = []
  const answers: Answer[] = []
  for (const [number, step] of recording.steps.entries()) {
    const raw = await ask(step, target, tokens)
    const answer = { ...raw, body: tokens.normalise(raw.body) }
    answers.push(answer)
    const { status, content_type: contentType, body } = step.response
    const why = disagreement({ status, contentType, body }, answer, step.varies)
    if (why.length > 0) disagreements.push({ step: number, request: `${step.request.method} ${step.request.path} ${step.request.body ?? ''}`, why })
  }
  const sameBytes = recording.steps.filter(({ response }, i) => response.body === answers[i]?.body).length
  return { steps: recording.steps.length, agreed: recording.steps.length - disagreements.length, sameBytes, disagreements, answers }
}
