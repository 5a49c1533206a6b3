import { csrfField } from '../login/csrf.js'
import { html, type Html } from '../login/html.js'
import type { Session } from '../login/session.js'
import type { Asked } from './authorization-request.js'

/** What a scope lets an application do, for people. */
const MEANING: Readonly<Record<string, string>> = {
  '*': 'Everything that an API key can',
  'proxy:read': 'Read ledgers, balances, transactions and identities',
  'proxy:write': 'Create and change ledgers, balances, transactions and identities',
  'data:read': 'Search and read ledger data',
  'data:write': 'Change ledger data',
  'alerts:read': 'Read alerts',
  'alerts:write': 'Create and change alerts',
  'mcp:read': 'Read by MCP tools',
  'mcp:write': 'Make changes by MCP tools'
}

/** Scopes as a list for people. */
export const scopeList = (scopes: readonly string[]): Html => html`<ul>\n${scopes.map(scopeLine)}</ul>`

const scopeLine = (scope: string): Html => html`<li>${MEANING[scope] ?? scope} <code>${scope}</code></li>\n`

/** Where the answer goes, as far as people can tell addresses apart. */
const destination = ({ redirectUri }: Asked): string => {
  const { protocol, host } = new URL(redirectUri)
  return protocol === 'https:' || protocol === 'http:' ? host : protocol
}

/** @param sent the parameters of the request, which the form sends once more */
export function consentPage (asked: Asked, session: Session, sent: ReadonlyArray<readonly [name: string, value: string]>): { title: string, body: Html, formTarget: URL } {
  const { client, redirectUri, scopes } = asked
  return {
    title: `Allow ${client.name}?`,
    formTarget: new URL(redirectUri),
    body: html`<p>You are logged in as <a href="/login">${session.user}</a>. The application <strong>${client.name}</strong> asks to do this in your place, in every instance:</p>
${scopeList(scopes)}
<p class="soft">Until you <a href="/oauth/grants">take it back</a>, and for a year at most.</p>
${client.redirect_uris.length === 0
  ? html`<p class="note">The answer goes to <code>${destination(asked)}</code>, which is not registered for the application: allow it only if you know this address.</p>`
  : html`<p class="soft">The answer goes to <code>${destination(asked)}</code>.</p>`}
<form method="post" action="/oauth/authorize">
${csrfField(session)}
${sent.map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">\n`)}<p class="actions"><button name="decision" value="allow">Allow</button><button class="quiet" name="decision" value="deny">Deny</button></p>
</form>`
  }
}
