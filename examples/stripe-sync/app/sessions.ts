import { createHash, randomBytes } from 'node:crypto'
import type { Store } from './store.js'

/** How long a portal that was opened stays usable: the Cloud's documentation recommends 5 to 15 minutes. */
export const SESSION_MS = 15 * 60_000
/** For so long an expired session is told from an unknown one. */
const REMEMBERED_MS = 24 * 60 * 60_000

/** What would open the door is not kept, only its hash. */
const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex')

/** @returns a token for a new session */
export async function openSession (store: Store, installId: string): Promise<string> {
  const token = randomBytes(32).toString('base64url')
  const now = Date.now()
  await store.removeSessions(now - REMEMBERED_MS)
  await store.putSession(hashOf(token), installId, now + SESSION_MS)
  return token
}

export type Session = { readonly state: 'open', readonly installId: string } | { readonly state: 'unknown' | 'expired' }

export async function findSession (store: Store, token: string): Promise<Session> {
  const session = token === '' ? undefined : await store.session(hashOf(token))
  if (session === undefined) return { state: 'unknown' }
  return session.expiresAt <= Date.now() ? { state: 'expired' } : { state: 'open', installId: session.installId }
}
