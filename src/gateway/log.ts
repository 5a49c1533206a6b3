import { pino, type DestinationStream, type Logger } from 'pino'
import pretty from 'pino-pretty'
import type { Observer, Outcome } from './record.js'

/** Logs go to standard error: readable lines on a terminal, JSON otherwise. Standard output is for what the start prints. */
export function createLog (level: string, terminal: boolean): Logger {
  const out = pino.destination({ fd: 2, sync: true })
  const stream: DestinationStream = terminal
    ? pretty({ destination: out, colorize: true, translateTime: 'HH:MM:ss.l', ignore: 'pid,hostname,request', singleLine: true })
    : out
  return pino({ level, base: null }, stream)
}

const ENDED: Readonly<Record<Exclude<Outcome['end'], 'answered'>, (outcome: Outcome) => string>> = {
  caller_left: ({ status, forwarded }) => `the caller left ${status !== undefined ? 'before the end of the answer' : forwarded ? 'before the answer' : 'before it was forwarded'}`,
  core_broke_off: () => 'Core broke off in the middle of its answer',
  cut: () => 'cut by a fault'
}

/** For a person: method, path, status, milliseconds, key, instance, what was filled, why it was refused. */
function sentence (outcome: Outcome): string {
  const { method, path, status, ms, credential, instanceId, filled, end, refusal } = outcome
  const notes = [
    credential === undefined ? '' : `key="${credential.name}"`,
    instanceId ?? '',
    filled === undefined || filled.length === 0 ? '' : `filled ${filled.join(', ')}`,
    end === 'answered' ? '' : ENDED[end](outcome),
    refusal === undefined ? '' : `refused: ${refusal.message}`
  ].filter((note) => note !== '')
  return `${method} ${path} ${status ?? '-'} ${ms.toFixed(1)} ms${notes.map((note) => ` · ${note}`).join('')}`
}

/** What went wrong on our side, or in a Core. */
function levelOf ({ end, refusal }: Outcome): 'info' | 'warn' | 'error' {
  if (refusal !== undefined && refusal.status >= 500 && refusal.code !== 'GATEWAY_NOT_READY') return 'error'
  return end === 'core_broke_off' ? 'warn' : 'info'
}

/** One line a request, and never a header, a body or a query's values. */
export function createRequestLog (log: Logger): Observer {
  return {
    ended (outcome) {
      const level = levelOf(outcome)
      if (!log.isLevelEnabled(level)) return
      const { refusal } = outcome
      log[level]({
        request: {
          id: outcome.requestId,
          method: outcome.method,
          // The row's pattern, by which lines can be counted; the path is in the message.
          row: outcome.row?.path,
          status: outcome.status,
          ms: Math.round(outcome.ms * 10) / 10,
          key: outcome.credential?.name,
          key_prefix: outcome.credential?.prefix,
          instance: outcome.instanceId,
          filled: outcome.filled,
          end: outcome.end === 'answered' ? undefined : outcome.end,
          granted: refusal?.status === 401 || refusal?.status === 403 ? false : undefined,
          reason: outcome.reason
        },
        err: outcome.error ?? (refusal !== undefined && refusal.status >= 500 ? refusal.cause ?? refusal : undefined)
      }, sentence(outcome))
    }
  }
}
