import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Rooms } from '../gateway/rooms.js'
import { newSecret } from '../lib/ids.js'
import { readCookie, sendCookie } from './cookie.js'
import { csrfOf } from './csrf.js'
import { localPath } from './next.js'

/** A person at a browser. It opens pages and nothing else: the admin API and the proxy take tokens alone. */
export interface Session {
  /** What the cookie holds: never logged, stored or shown. */
  readonly id: string
  readonly user: string
  /** What this session's forms carry; see csrfField and checkCsrf. */
  readonly csrf: string
}

const COOKIE = 'blnk_session'

/** The session of a request's cookie; undefined for none, and for one that ended or was ended. */
export async function sessionOf (request: FastifyRequest, rooms: Rooms): Promise<Session | undefined> {
  const id = readCookie(request, COOKIE, rooms.config)
  if (id === undefined) return undefined
  const found = await rooms.opened.loginStore.find(id, rooms.adminToken)
  return found === null ? undefined : { id, user: found.user, csrf: csrfOf(id) }
}

/**
 * The session, for a page that needs one. Without one the answer is sent: a redirect to the login, which leads back
 * here. `const session = await requireSession(request, reply, rooms); if (session === undefined) return reply`
 */
export async function requireSession (request: FastifyRequest, reply: FastifyReply, rooms: Rooms): Promise<Session | undefined> {
  const session = await sessionOf(request, rooms)
  if (session === undefined) reply.header('Cache-Control', 'no-store').redirect(`/login?next=${encodeURIComponent(localPath(request.raw.url, '/login'))}`, 303)
  return session
}

/** Opens a session under a new id, so that none that somebody else put into the browser becomes one. */
export async function beginSession (request: FastifyRequest, reply: FastifyReply, { rooms, user, proof }: { rooms: Rooms, user: string, proof: string | Buffer }): Promise<void> {
  const before = readCookie(request, COOKIE, rooms.config)
  if (before !== undefined) await rooms.opened.loginStore.end(before)
  const id = newSecret()
  await rooms.opened.loginStore.begin(id, user, proof)
  sendCookie(reply, { name: COOKIE, value: id, config: rooms.config })
}

export async function endSession ({ id }: Session, reply: FastifyReply, rooms: Rooms): Promise<void> {
  await rooms.opened.loginStore.end(id)
  sendCookie(reply, { name: COOKIE, value: undefined, config: rooms.config })
}
