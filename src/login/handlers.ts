import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { isReachedByHttps } from '../config.js'
import { GatewayError } from '../errors.js'
import type { Rooms } from '../gateway/rooms.js'
import type { Handler } from '../gateway/row.js'
import { newSecret } from '../lib/ids.js'
import { readCookie, sendCookie } from './cookie.js'
import { checkCsrf, csrfField, csrfOf } from './csrf.js'
import { html } from './html.js'
import { localPath } from './next.js'
import { isLoopbackHost, page } from './page.js'
import { hashPassword, isPassword } from './password.js'
import { beginSession, endSession, sessionOf, type Session } from './session.js'

/** The only person there is, so far. */
const USER = 'admin'

/** Known before anybody is logged in, so that nobody's form logs a browser in as somebody else. */
const BEFORE_LOGIN = 'blnk_login'

/** A form has each field once. */
const field = (from: unknown, name: string): unknown => (from as Record<string, unknown> | null | undefined)?.[name]

/**
 * A password is typed where nobody on the way can read it: by https, or on the machine itself, by whatever name a
 * browser calls that (https://www.w3.org/TR/secure-contexts/#is-origin-trustworthy).
 */
function demandPrivacy (request: FastifyRequest, { config }: Rooms): void {
  if (!isReachedByHttps(config) && !isLoopbackHost(request.headers.host)) throw new GatewayError('LOGIN_NEEDS_HTTPS')
}

/** @param wrong why the form is shown again */
async function showForm (request: FastifyRequest, reply: FastifyReply, { rooms, next, wrong }: { rooms: Rooms, next: string, wrong?: GatewayError }): Promise<FastifyReply> {
  const hasPassword = await rooms.opened.loginStore.password(USER) !== null
  const known = readCookie(request, BEFORE_LOGIN, rooms.config)
  const cookie = known ?? newSecret()
  if (known === undefined) sendCookie(reply, { name: BEFORE_LOGIN, value: cookie, config: rooms.config })
  return page(reply.headers(wrong?.headers ?? {}), {
    title: 'Log in',
    status: wrong?.status ?? 200,
    body: html`<p class="soft">${hasPassword ? 'With the password of this gateway.' : html`No password is set: use the admin token of this gateway, or set one with <code>blnk-gateway password</code>.`}</p>
${wrong === undefined ? undefined : html`<p class="alert" role="alert" id="wrong">${wrong.message}.</p>`}
<form method="post" action="/login">
${csrfField({ csrf: csrfOf(cookie) })}
<input type="hidden" name="next" value="${next}">
<input name="username" value="${USER}" autocomplete="username" hidden readonly>
<label for="password">${hasPassword ? 'Password' : 'Admin token'}</label>
<input id="password" name="password" type="password" autocomplete="current-password" required autofocus${wrong === undefined ? undefined : html` aria-invalid="true" aria-describedby="wrong"`}>
<button>Log in</button>
</form>`
  })
}

const showSession = (reply: FastifyReply, session: Session): FastifyReply => page(reply, {
  title: 'You are logged in',
  body: html`<p>As <strong>${session.user}</strong>. A session ends after an hour without a page, and after twelve hours.</p>
<form method="post" action="/logout">${csrfField(session)}<button class="quiet">Log out</button></form>`
})

export const showLogin: Handler = async (request, reply, { rooms }) => {
  demandPrivacy(request, rooms)
  const next = localPath(field(request.query, 'next'), '/login')
  const session = await sessionOf(request, rooms)
  if (session === undefined) return await showForm(request, reply, { rooms, next })
  return next === '/login' ? showSession(reply, session) : reply.header('Cache-Control', 'no-store').redirect(next, 303)
}

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest()

/**
 * @returns what was typed right: the stored password, or the admin token's hash
 * @throws GatewayError LOGIN_FAILED
 */
async function proofOf (typed: string, rooms: Rooms): Promise<string | Buffer> {
  const stored = await rooms.opened.loginStore.password(USER)
  if (stored === null ? timingSafeEqual(sha256(typed), rooms.adminToken) : await isPassword(typed, stored)) return stored ?? rooms.adminToken
  throw new GatewayError('LOGIN_FAILED', stored === null ? { message: 'This is not the admin token' } : {})
}

/** @throws GatewayError for a wrong password, also when RATE_LIMIT_FAILED_AUTH has enough of them, and for one that comes too soon after others */
async function logIn (request: FastifyRequest, rooms: Rooms): Promise<string | Buffer> {
  const wait = rooms.attempts.take(request.ip, Date.now())
  if (wait > 0) {
    const seconds = Math.ceil(wait / 1000)
    throw new GatewayError('LOGIN_TOO_OFTEN', { message: `Too many wrong tries: try again in ${seconds === 1 ? 'a second' : `${seconds} seconds`}`, headers: { 'Retry-After': String(seconds) } })
  }
  const typed = field(request.body, 'password')
  if (typeof typed !== 'string' || typed.length > LONGEST_PASSWORD) throw new GatewayError('LOGIN_FAILED')
  const proof = await proofOf(typed, rooms).catch(async (error: unknown) => {
    if (error instanceof GatewayError && error.code === 'LOGIN_FAILED') for (const gate of rooms.gates) await gate.failed?.(request)
    throw error
  })
  rooms.attempts.succeeded(request.ip)
  return proof
}

/** As the audit log has it. */
const ACTOR = { kind: 'session', id: USER, name: USER } as const

export const submitLogin: Handler = async (request, reply, call) => {
  const { rooms } = call
  demandPrivacy(request, rooms)
  const next = localPath(field(request.body, 'next'), '/login')
  const cookie = readCookie(request, BEFORE_LOGIN, rooms.config)
  if (cookie === undefined) throw new GatewayError('FORM_REFUSED')
  checkCsrf(request, { csrf: csrfOf(cookie) })
  try {
    await beginSession(request, reply, { rooms, user: USER, proof: await logIn(request, rooms) })
    call.acted = { actor: ACTOR }
  } catch (error) {
    if (!(error instanceof GatewayError) || error.status >= 500) throw error
    if (request.record !== null) request.record.refusal = error
    return await showForm(request, reply, { rooms, next, wrong: error })
  }
  sendCookie(reply, { name: BEFORE_LOGIN, value: undefined, config: rooms.config })
  return reply.header('Cache-Control', 'no-store').redirect(next, 303)
}

export const logOut: Handler = async (request, reply, call) => {
  const { rooms } = call
  const session = await sessionOf(request, rooms)
  if (session !== undefined) {
    checkCsrf(request, session)
    await endSession(session, reply, rooms)
    call.acted = { actor: ACTOR }
  }
  return reply.header('Cache-Control', 'no-store').redirect('/login', 303)
}

/** Characters. The only factor, so at least 15 (NIST SP 800-63B-4 3.1.1.2). */
const LEAST_PASSWORD = 15
const LONGEST_PASSWORD = 1024

export const passwordBody = {
  type: 'object',
  required: ['password'],
  additionalProperties: false,
  properties: { password: { type: 'string', minLength: LEAST_PASSWORD, maxLength: LONGEST_PASSWORD } }
}

export const setPassword: Handler = async (request, reply, { rooms }) => {
  const { password } = request.body as { password: string }
  await rooms.opened.loginStore.setPassword(USER, await hashPassword(password))
  return await reply.status(204).send()
}

export const removePassword: Handler = async (_request, reply, { rooms }) => {
  await rooms.opened.loginStore.setPassword(USER, null)
  return await reply.status(204).send()
}
