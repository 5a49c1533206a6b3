import { pino, type DestinationStream, type Logger } from 'pino'
import pretty from 'pino-pretty'
import { redactSentence, redactTarget, redactText } from '../requests/redact.js'
import type { Observer, Outcome } from './record.js'
import { requestLine, requestSentence, type Line } from './request-line.js'

/** Logs go to standard error: readable lines on a terminal, JSON otherwise. Standard output is for what the start prints. */
export function createLog (level: string, terminal: boolean): Logger {
  const out = pino.destination({ fd: 2, sync: true })
  const colours = terminal && process.stderr.hasColors()
  const stream: DestinationStream = terminal
    ? pretty({
      destination: out,
      colorize: colours,
      customColors: 'message:reset',
      translateTime: 'SYS:HH:MM:ss.l',
      ignore: 'pid,hostname,request',
      singleLine: true,
      messageFormat: (line, messageKey) => isOfRequest(line) ? requestLine(line.request, colours) : String(line[messageKey] ?? '')
    })
    : out
  return pino({ level, base: null }, stream)
}

const isOfRequest = (line: object): line is { request: Line } => 'request' in line && typeof (line.request as Partial<Line> | null)?.ms === 'number'

/** Of status 5xx, and as it should be, or told in a line of the log's own: there is nothing to mend, and no stack to read. */
const EXPECTED: ReadonlySet<string> = new Set(['GATEWAY_NOT_READY', 'NOT_BUILT', 'CREDENTIALS_STALE', 'DATABASE_GONE'])

const isFault = (refusal: Outcome['refusal']): boolean => refusal !== undefined && refusal.status >= 500 && !EXPECTED.has(refusal.code)

/** What went wrong on our side, or in a Core. */
function levelOf ({ end, refusal }: Outcome): 'info' | 'warn' | 'error' {
  if (isFault(refusal)) return 'error'
  return end === 'core_broke_off' ? 'warn' : 'info'
}

/** One line a request, and never a header, a body or a query's values; nor a secret that stands in the path. */
export function createRequestLog (log: Logger): Observer {
  return {
    ended (outcome) {
      const level = levelOf(outcome)
      if (!log.isLevelEnabled(level)) return
      const { refusal } = outcome
      const line = lineOf(outcome)
      log[level]({
        request: {
          id: outcome.requestId,
          ...line,
          // The pattern, by which lines can be counted.
          row: outcome.row?.path,
          key_prefix: outcome.credential?.prefix,
          granted: refusal?.status === 401 || refusal?.status === 403 ? false : undefined
        },
        err: outcome.error ?? (isFault(refusal) ? refusal?.cause ?? refusal : undefined)
      }, requestSentence(line))
    }
  }
}

function lineOf (outcome: Outcome): Line {
  return {
    method: outcome.method,
    path: redactTarget(outcome.path),
    status: outcome.status ?? null,
    ms: Math.round(outcome.ms * 10) / 10,
    key: outcome.credential?.name ?? null,
    instance: outcome.instanceId === undefined ? null : redactText(outcome.instanceId),
    filled: outcome.filled ?? [],
    reference: outcome.reference ?? null,
    end: outcome.end,
    forwarded: outcome.forwarded,
    refused: outcome.refusal === undefined ? null : redactSentence(outcome.refusal.message),
    reason: outcome.reason
  }
}
