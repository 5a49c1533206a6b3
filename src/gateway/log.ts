import { pino, type DestinationStream, type Logger } from 'pino'
import pretty from 'pino-pretty'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Call } from './row.js'

/** Logs go to standard error: readable lines on a terminal, JSON otherwise. Standard output is for what the start prints. */
export function createLog (level: string, terminal: boolean): Logger {
  const out = pino.destination({ fd: 2, sync: true })
  const stream: DestinationStream = terminal
    ? pretty({ destination: out, colorize: true, translateTime: 'HH:MM:ss.l', ignore: 'pid,hostname,request', singleLine: true })
    : out
  return pino({ level, base: null }, stream)
}

/** What is said of a request: never a header, a body or a query's values. */
interface RequestLine {
  readonly id: string
  readonly method: string
  /** The row's pattern, by which lines can be counted; the path is in the message. */
  readonly row: string | undefined
  readonly status: number
  readonly ms: number
  readonly key: string | undefined
  readonly instance: string | undefined
  readonly filled: readonly string[] | undefined
}

const path = (request: FastifyRequest): string => (request.raw.url ?? '').split('?', 1)[0] as string

/** One line a request, once it was answered. */
export function logRequest (log: Logger, request: FastifyRequest, reply: FastifyReply): void {
  if (!log.isLevelEnabled('info')) return
  const call = (request as { call?: Call | null }).call ?? undefined
  const line: RequestLine = {
    id: request.id,
    method: request.method,
    row: call?.row.path ?? request.routeOptions.url,
    status: reply.raw.statusCode,
    ms: Math.round(reply.elapsedTime * 10) / 10,
    key: call?.credential?.name,
    instance: call?.instanceId,
    filled: call?.filled
  }
  const notes = [
    call?.credential === undefined ? '' : `key="${call.credential.name}"`,
    call?.instanceId ?? '',
    call?.filled === undefined || call.filled.length === 0 ? '' : `filled ${call.filled.join(', ')}`
  ].filter((note) => note !== '')
  log.info({ request: line }, `${line.method} ${path(request)} ${line.status} ${line.ms} ms${notes.map((note) => ` · ${note}`).join('')}`)
}
