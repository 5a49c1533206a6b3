import { EventEmitter, once } from 'node:events'
import { pino, type Logger } from 'pino'

export interface KeptLog {
  readonly log: Logger
  /** The sentences that it was told, in order. */
  readonly lines: string[]
  /** Every line as it would be written. */
  readonly written: string[]
  /** Settles when such a sentence has been told, after `from` others. */
  said (pattern: RegExp, from?: number): Promise<string>
}

/** A log that keeps what it is told. */
export function keptLog (): KeptLog {
  const lines: string[] = []
  const written: string[] = []
  const told = new EventEmitter()
  const log = pino({ base: null, level: 'debug' }, {
    write (line: string) {
      written.push(line)
      lines.push((JSON.parse(line) as { msg: string }).msg)
      told.emit('line')
    }
  })
  return {
    log,
    lines,
    written,
    async said (pattern, from = 0) {
      for (;;) {
        const line = lines.slice(from).find((each) => pattern.test(each))
        if (line !== undefined) return line
        await once(told, 'line')
      }
    }
  }
}
