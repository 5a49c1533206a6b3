import { openDatabase, type PostgresAddress } from '../lib/postgres.js'

/** Bytes of write-ahead log after which a checkpoint lets go of them: what the next start at most has to go through. */
const MOST_LOG = 32 * 1024 * 1024

/** Milliseconds between two looks. */
const LOOK_MS = 5_000

/**
 * Makes the checkpoints of an embedded database. Postgres leaves them to a process of its own, which the embedded one
 * does not have: its log would grow until the disk, or in memory the machine, is full.
 */
export function keepLogShort (address: PostgresAddress, every = LOOK_MS): { stop(): Promise<void> } {
  const db = openDatabase(address, 1)
  let looking: Promise<void> = Promise.resolve()
  const look = async (): Promise<void> => {
    const { rows } = await db.query<{ bytes: string }>('SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), redo_lsn) AS bytes FROM pg_control_checkpoint()')
    if (Number(rows[0]?.bytes) > MOST_LOG) await db.query('CHECKPOINT')
  }
  // A look that fails is made up for by the next; a database that has died says so itself.
  const timer = setInterval(() => { looking = looking.then(look).catch(() => {}) }, every).unref()
  return {
    async stop () {
      clearInterval(timer)
      await looking
      await db.close()
    }
  }
}
