import { setTimeout as wait } from 'node:timers/promises'
import { readExact, writeExact } from './exact-json.js'

export interface Access {
  readonly baseUrl: string
  readonly apiKey: string
  readonly instanceId: string
  /** Ends whatever is under way. */
  readonly signal: AbortSignal
  /** Told of each time that a request waits for another try. */
  readonly onRetry?: (why: string, waitMs: number) => void
}

export interface Call {
  readonly query?: Readonly<Record<string, string>>
  readonly body?: Readonly<Record<string, unknown>>
  /** Not sent again where it may have been done already: what it does has no reference of its own. */
  readonly once?: boolean
}

/** The Cloud API of one install: every call carries its key and its instance. */
export interface Blnk {
  /** @returns the answer, with numbers as text @throws BlnkError, or the error of the connection */
  call(method: 'GET' | 'POST' | 'PUT', path: string, call?: Call): Promise<Record<string, unknown>>
}

/** An answer that is no 2xx, and that no other try has turned into one. */
export class BlnkError extends Error {
  constructor (readonly status: number, readonly code: string, message: string) {
    super(message)
    this.name = 'BlnkError'
  }
}

const MOST_TRIES = 8
const FIRST_WAIT_MS = 250
const LONGEST_WAIT_MS = 60_000
const ANSWER_MS = 30_000

/** Limits, and what stands in front of a Core that is not there for a moment. */
const PASSES_BY = new Set([429, 503])
/** These may come after the request was done. */
const UNCLEAR = new Set([502, 504])

/** https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3: seconds, or a date. @returns milliseconds */
function retryAfter (header: string | null): number | undefined {
  if (header === null) return undefined
  if (/^\d{1,6}$/.test(header)) return Number(header) * 1000
  const at = Date.parse(header)
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now())
}

/** What comes before a further try; the more tries there were, the longer. */
const pause = (tried: number, header: string | null): number => Math.min(LONGEST_WAIT_MS, retryAfter(header) ?? FIRST_WAIT_MS * 2 ** tried)

function refusal (status: number, text: string): BlnkError {
  try {
    const { error, errors, error_detail: detail } = JSON.parse(text) as { error?: string, errors?: string, error_detail?: { code?: string } }
    return new BlnkError(status, detail?.code ?? '', error ?? errors ?? `it answered ${status}`)
  } catch {
    return new BlnkError(status, '', `it answered ${status}`)
  }
}

export function createBlnk ({ baseUrl, apiKey, instanceId, signal, onRetry = () => {} }: Access): Blnk {
  async function attempt (method: string, path: string, { query = {}, body }: Call): Promise<Response> {
    const url = `${baseUrl}${path}?${new URLSearchParams({ instance_id: instanceId, ...query }).toString()}`
    return await fetch(url, {
      method,
      headers: { Authorization: `Bearer ${apiKey}`, Accept: 'application/json', ...(body !== undefined && { 'Content-Type': 'application/json' }) },
      body: body === undefined ? null : writeExact(body),
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)])
    })
  }
  return {
    async call (method, path, call = {}) {
      const again = call.once !== true
      for (let tried = 0; ; tried++) {
        signal.throwIfAborted()
        const isLast = tried + 1 >= MOST_TRIES
        let why: string
        let header: string | null = null
        try {
          const answer = await attempt(method, path, call)
          const text = await answer.text()
          if (answer.ok) return readExact(text) as Record<string, unknown>
          if (isLast || !(PASSES_BY.has(answer.status) || (again && UNCLEAR.has(answer.status)))) throw refusal(answer.status, text)
          why = `${method} ${path} answered ${answer.status}`
          header = answer.headers.get('Retry-After')
        } catch (error) {
          if (error instanceof BlnkError || isLast || !again || signal.aborted) throw error
          why = `${method} ${path}: ${(error as Error).message}`
        }
        const ms = pause(tried, header)
        onRetry(why, ms)
        await wait(ms, undefined, { signal })
      }
    }
  }
}
