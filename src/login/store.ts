import { createHash } from 'node:crypto'
import type { Database } from '../lib/postgres.js'

/** After a while without a request a session ends, and after a day's work in any case (ASVS 5.0 7.3.1 and 7.3.2). */
const IDLE = "interval '1 hour'"
const LONGEST = "interval '12 hours'"

/** Between two notes of when a session was last used: reading a page is to write nothing most of the time. */
const SEEN = "interval '1 minute'"

const LIVE = `created_at > now() - ${LONGEST} AND seen_at > now() - ${IDLE}`

const sha256 = (value: string | Buffer): Buffer => createHash('sha256').update(value).digest()

export interface LoginStore {
  /** As it is stored; null where none is set */
  password(user: string): Promise<string | null>
  /** Sets a password, or with null takes it away, and ends all sessions of the user. */
  setPassword(user: string, password: string | null): Promise<void>
  /** @param proof what was compared with what was typed: the stored password, or the admin token's hash */
  begin(id: string, user: string, proof: string | Buffer): Promise<void>
  /** @param adminToken its hash, which is the proof where the user has no password */
  find(id: string, adminToken: Buffer): Promise<{ user: string } | null>
  end(id: string): Promise<void>
}

export function createLoginStore (db: Database): LoginStore {
  return {
    password: async (user) => (await db.query<{ password: string }>('SELECT password FROM gateway.passwords WHERE user_name = $1', [user])).rows[0]?.password ?? null,
    async setPassword (user, password) {
      await db.transaction(async (tx) => {
        if (password === null) await tx.query('DELETE FROM gateway.passwords WHERE user_name = $1', [user])
        else {
          await tx.query(`INSERT INTO gateway.passwords (user_name, password) VALUES ($1, $2)
            ON CONFLICT (user_name) DO UPDATE SET password = excluded.password, changed_at = now()`, [user, password])
        }
        await tx.query('DELETE FROM gateway.sessions WHERE user_name = $1', [user])
      })
    },
    async begin (id, user, proof) {
      await db.query(`DELETE FROM gateway.sessions WHERE NOT (${LIVE})`)
      await db.query('INSERT INTO gateway.sessions (hash, user_name, proof) VALUES ($1, $2, $3)', [sha256(id), user, sha256(proof)])
    },
    async find (id, adminToken) {
      const hash = sha256(id)
      // The proof is compared here: a password that is changed while somebody logs in with the old one lets nobody in.
      const { rows } = await db.query<{ user: string, stale: boolean }>(`SELECT s.user_name AS user, s.seen_at < now() - ${SEEN} AS stale
        FROM gateway.sessions s LEFT JOIN gateway.passwords p ON p.user_name = s.user_name
        WHERE s.hash = $1 AND s.proof = coalesce(sha256(convert_to(p.password, 'UTF8')), $2) AND ${LIVE}`, [hash, sha256(adminToken)])
      const [found] = rows
      if (found === undefined) return null
      if (found.stale) await db.query('UPDATE gateway.sessions SET seen_at = now() WHERE hash = $1', [hash])
      return { user: found.user }
    },
    async end (id) {
      await db.query('DELETE FROM gateway.sessions WHERE hash = $1', [sha256(id)])
    }
  }
}
