import { SCOPES } from '../auth/scopes.js'
import type { Client } from '../oauth/client-store.js'
import { admin, CliError, type Where } from './admin.js'
import { table } from './table.js'
import { jsonText } from './json-text.js'

interface Options extends Where { readonly json?: boolean }

const print = (text: string): void => { process.stdout.write(`${text}\n`) }

const state = (client: Client): string => client.revoked_at !== null ? 'revoked' : client.expires_at !== null && Date.parse(client.expires_at) <= Date.now() ? 'expired' : 'active'

export async function createClient (options: Options & { name: string, scope: string[], redirectUri?: string[], expiresAt?: string, public?: boolean }): Promise<void> {
  const unknown = options.scope.find((scope) => !(SCOPES as readonly string[]).includes(scope))
  if (unknown !== undefined) throw new CliError(`${unknown} is not a scope: choose from ${SCOPES.join(', ')}`)
  const made = await admin<Client & { client_secret: string | null }>(options, 'POST', '/admin/oauth/clients', {
    name: options.name,
    scopes: options.scope,
    type: options.public === true ? 'public' : 'confidential',
    redirect_uris: options.redirectUri ?? [],
    expires_at: options.expiresAt ?? null
  })
  if (options.json === true) return print(jsonText(made))
  print(`client id      ${made.client_id}`)
  if (made.client_secret !== null) print(`client secret  ${made.client_secret}\n\nThe secret is shown this once: keep it.`)
}

export async function listClients (options: Options): Promise<void> {
  const { data } = await admin<{ data: Client[] }>(options, 'GET', '/admin/oauth/clients')
  if (options.json === true) return print(jsonText(data))
  print(table(['CLIENT ID', 'NAME', 'TYPE', 'SCOPES', 'REDIRECT URIS', 'STATE', 'LAST USED', 'EXPIRES'],
    data.map((one) => [one.client_id, one.name, one.type, one.scopes.join(' '), one.redirect_uris.join(' ') || 'any', state(one), one.last_used_at ?? 'never', one.expires_at ?? 'never'])))
}

export async function revokeClient (id: string, options: Options): Promise<void> {
  const client = await admin<Client>(options, 'DELETE', `/admin/oauth/clients/${encodeURIComponent(id)}`)
  print(options.json === true ? jsonText(client) : `${client.client_id} (${client.name}) is revoked, and so are its tokens.`)
}
