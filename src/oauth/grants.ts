import type { Handler } from '../gateway/row.js'
import { checkCsrf, csrfField } from '../login/csrf.js'
import { html, type Html } from '../login/html.js'
import { page } from '../login/page.js'
import { requireSession, type Session } from '../login/session.js'
import { scopeList } from './consent-page.js'
import type { Allowed } from './token-store.js'

const day = (time: string): string => time.slice(0, 10)

const grantForm = ({ id, clientName, scopes, since, until }: Allowed, session: Session): Html => html`<h2>${clientName}</h2>
${scopeList(scopes)}
<p class="soft">Since ${day(since)}, until ${day(until)}.</p>
<form method="post" action="/oauth/grants">
${csrfField(session)}<input type="hidden" name="grant" value="${id}">
<button class="quiet">Take back</button>
</form>
`

/** What a person has allowed (ASVS 5.0 10.4.9 and 10.7.3). To allow less, they take it back and are asked anew. */
export const showGrants: Handler = async (request, reply, { rooms }) => {
  const session = await requireSession(request, reply, rooms)
  if (session === undefined) return reply
  const all = await rooms.opened.oauthTokens.allowedBy(session.user)
  const body = all.length === 0 ? html`<p>You have allowed no application to act in your place.</p>` : html`${all.map((one) => grantForm(one, session))}`
  return page(reply, { title: 'What you have allowed', body })
}

export const takeBack: Handler = async (request, reply, call) => {
  const { rooms } = call
  const session = await requireSession(request, reply, rooms)
  if (session === undefined) return reply
  checkCsrf(request, session)
  const { grant } = request.body as Record<string, unknown>
  const clientId = typeof grant === 'string' ? await rooms.opened.oauthTokens.takeBack(grant, session.user) : null
  if (clientId !== null) {
    await rooms.opened.changed('tokens')
    call.acted = { actor: { kind: 'session', id: session.user, name: session.user }, entityId: clientId }
  }
  return reply.header('Cache-Control', 'no-store').redirect('/oauth/grants', 303)
}
