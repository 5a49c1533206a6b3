import { closeSync, constants, openSync } from 'node:fs'
import { pino, type Logger } from 'pino'
import { SettingError } from '../config.js'
import { rowOf, type AuditValues } from './row.js'

const { O_APPEND, O_CREAT, O_NONBLOCK, O_WRONLY } = constants

export interface AuditStream {
  write(values: AuditValues): void
  /** Opens the file anew, after logrotate has moved it. */
  reopen(): void
  close(): Promise<void>
}

/** Milliseconds between two lines that say that the stream cannot be written. */
const SAY_EVERY_MS = 60_000

/** Bytes that wait for a slow reader; past it rows are left out of the stream. They are in the table all the same. */
const MOST_WAITING = 16 * 1024 * 1024

/** Milliseconds that a slow reader has at the stop. */
const FLUSH_MS = 2_000

/**
 * The rows as lines of JSON, for a collector. A copy of the table: what goes wrong with it stops nothing.
 * @param to a file, or `-` for standard output
 * @throws SettingError when the file cannot be written
 */
export function openStream (to: string, log: Logger): AuditStream {
  try {
    // A pipe that nobody reads would be waited for without end; with O_NONBLOCK it is an error (POSIX open, ENXIO).
    if (to !== '-') closeSync(openSync(to, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK, 0o600))
  } catch (error) {
    throw new SettingError(`AUDIT_STREAM names a file that cannot be written (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`, { cause: error })
  }
  let said = -Infinity
  const complain = (message: string): void => {
    if (performance.now() - said < SAY_EVERY_MS) return
    said = performance.now()
    log.error(`the stream of the audit log (AUDIT_STREAM) loses rows: ${message}`)
  }
  const out = pino.destination({ dest: to === '-' ? 1 : to, append: true, mode: 0o600, sync: false, maxLength: MOST_WAITING })
  out.on('error', (error: Error) => { complain(error.message) })
  out.on('drop', () => { complain('whoever reads it is too slow') })
  return {
    write (values) { out.write(`${JSON.stringify(rowOf(values))}\n`) },
    reopen () { if (to !== '-') out.reopen() },
    async close () {
      await new Promise<void>((resolve) => {
        const late = setTimeout(resolve, FLUSH_MS)
        out.flush(() => {
          clearTimeout(late)
          resolve()
        })
      })
      // At the exit of the process what is left would be tried without end, and a full disk takes nothing.
      out.destroy()
    }
  }
}
