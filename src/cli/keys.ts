import { SCOPES } from '../auth/scopes.js'
import type { KeyRecord } from '../auth/store.js'
import { admin, CliError, type Where } from './admin.js'
import { table } from './table.js'

interface Options extends Where { readonly json?: boolean }

const print = (text: string): void => { process.stdout.write(`${text}\n`) }

const state = (key: KeyRecord): string => key.revoked_at !== null ? 'revoked' : key.expires_at !== null && Date.parse(key.expires_at) <= Date.now() ? 'expired' : 'active'

export async function createKey (options: Options & { name: string, scope: string[], instance?: string, expiresAt?: string }): Promise<void> {
  const unknown = options.scope.find((scope) => !(SCOPES as readonly string[]).includes(scope))
  if (unknown !== undefined) throw new CliError(`${unknown} is not a scope: choose from ${SCOPES.join(', ')}`)
  const made = await admin<KeyRecord & { api_key: string }>(options, 'POST', '/admin/keys', {
    name: options.name, scopes: options.scope, instance_id: options.instance ?? null, expires_at: options.expiresAt ?? null
  })
  print(options.json === true ? JSON.stringify(made) : `${made.api_key}\n\n${made.id}, scopes ${made.scopes.join(', ')}. The key is shown this once: keep it.`)
}

export async function listKeys (options: Options): Promise<void> {
  const { data } = await admin<{ data: KeyRecord[] }>(options, 'GET', '/admin/keys')
  if (options.json === true) return print(JSON.stringify(data))
  print(table(['ID', 'KEY', 'NAME', 'SCOPES', 'INSTANCE', 'STATE', 'LAST USED', 'EXPIRES'],
    data.map((key) => [key.id, `${key.api_key_prefix}…`, key.name, key.scopes.join(' '), key.instance_id ?? 'any', state(key), key.last_used_at ?? 'never', key.expires_at ?? 'never'])))
}

export async function revokeKey (id: string, options: Options): Promise<void> {
  const key = await admin<KeyRecord>(options, 'DELETE', `/admin/keys/${encodeURIComponent(id)}`)
  print(options.json === true ? JSON.stringify(key) : `${key.id} (${key.name}) is revoked.`)
}
