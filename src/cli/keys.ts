import { text } from 'node:stream/consumers'
import { hashKey, KEY_PREFIX } from '../auth/credentials.js'
import { SCOPES } from '../auth/scopes.js'
import type { KeyRecord } from '../auth/store.js'
import { apiKey } from '../config.js'
import { newSecret } from '../lib/ids.js'
import { admin, CliError, type Where } from './admin.js'
import { expiryMember, secondsOf } from './durations.js'
import { table } from './table.js'
import { jsonText } from './json-text.js'

interface Options extends Where { readonly json?: boolean }

type WithSecret = KeyRecord & { readonly api_key: string }

const print = (text: string): void => { process.stdout.write(`${text}\n`) }

const path = (id: string): string => `/admin/keys/${encodeURIComponent(id)}`

function checkScopes (scopes: readonly string[]): void {
  const unknown = scopes.find((scope) => !(SCOPES as readonly string[]).includes(scope))
  if (unknown !== undefined) throw new CliError(`${unknown} is not a scope: choose from ${SCOPES.join(', ')}`)
}

export async function createKey (options: Options & { name: string, scope: string[], instance?: string, expires?: string, address?: string[] }): Promise<void> {
  checkScopes(options.scope)
  const made = await admin<WithSecret>(options, 'POST', '/admin/keys', {
    name: options.name, scopes: options.scope, instance_id: options.instance ?? null, addresses: options.address ?? null, ...(options.expires !== undefined && expiryMember(options.expires))
  })
  print(options.json === true ? jsonText(made) : `${made.api_key}\n\n${made.id}, scopes ${made.scopes.join(', ')}, expires ${made.expires_at ?? 'never'}. The key is shown this once: keep it.`)
}

interface ListOptions extends Options { readonly status?: string, readonly scope?: string, readonly instance?: string, readonly search?: string, readonly limit?: string, readonly offset?: string }

export async function listKeys (options: ListOptions): Promise<void> {
  const { status, scope, instance, search, limit, offset } = options
  const query = new URLSearchParams(Object.entries({ status, scope, instance_id: instance, search, limit, offset }).filter((pair): pair is [string, string] => pair[1] !== undefined))
  const { data, total } = await admin<{ data: KeyRecord[], total: number }>(options, 'GET', `/admin/keys?${query}`)
  if (options.json === true) return print(jsonText(data))
  print(table(['ID', 'KEY', 'NAME', 'SCOPES', 'INSTANCE', 'STATUS', 'LAST USED', 'FROM', 'EXPIRES'], data.map((key) => [
    key.id, `${key.api_key_prefix}…`, key.name, key.scopes.join(' '), key.instance_id ?? 'any', key.status, key.last_used_at ?? 'never', key.last_used_address ?? '', key.expires_at ?? 'never'
  ])))
  if (data.length < total) print(`${data.length} of ${total}: --limit and --offset show the others.`)
}

export async function showKey (id: string, options: Options): Promise<void> {
  const key = await admin<KeyRecord>(options, 'GET', path(id))
  if (options.json === true) return print(jsonText(key))
  print(table(['', ''], Object.entries(key).map(([name, value]) => [name, Array.isArray(value) ? value.join(' ') : String(value ?? '')])).trim())
}

export async function updateKey (id: string, options: Options & { name?: string, scope?: string[], expires?: string, address?: string[], anyAddress?: boolean }): Promise<void> {
  if (options.scope !== undefined) checkScopes(options.scope)
  if (options.address !== undefined && options.anyAddress === true) throw new CliError('--address and --any-address exclude each other')
  const change = {
    ...(options.name !== undefined && { name: options.name }),
    ...(options.scope !== undefined && { scopes: options.scope }),
    ...(options.expires !== undefined && expiryMember(options.expires)),
    ...(options.anyAddress === true ? { addresses: null } : options.address !== undefined && { addresses: options.address })
  }
  if (Object.keys(change).length === 0) throw new CliError('nothing to change: give --name, --scope, --expires, --address or --any-address')
  const key = await admin<KeyRecord>(options, 'PUT', path(id), change)
  print(options.json === true ? jsonText(key) : `${key.id} (${key.name}) is changed, its secret is not: scopes ${key.scopes.join(', ')}, expires ${key.expires_at ?? 'never'}, taken from ${key.addresses?.join(', ') ?? 'everywhere'}.`)
}

export async function rotateKey (id: string, options: Options & { overlap?: string }): Promise<void> {
  const made = await admin<WithSecret>(options, 'POST', `${path(id)}/rotate`, { overlap_seconds: options.overlap === undefined ? 0 : secondsOf('--overlap', options.overlap) })
  const former = made.status === 'overlapping' ? `is taken until ${made.former_until ?? ''}` : 'is taken no more'
  print(options.json === true ? jsonText(made) : `${made.api_key}\n\nThe new secret of ${made.id} (${made.name}), shown this once: keep it. ${made.former_prefix ?? ''}… ${former}.`)
}

export async function revokeKey (id: string, options: Options): Promise<void> {
  const key = await admin<KeyRecord>(options, 'DELETE', path(id))
  print(options.json === true ? jsonText(key) : `${key.id} (${key.name}) is revoked.`)
}

/** Prints what a configuration file holds in place of a key; the key comes from standard input, so that no process listing shows it. */
export async function printHash (options: { new?: boolean, json?: boolean }): Promise<void> {
  const made = options.new === true ? KEY_PREFIX + newSecret() : undefined
  const key = apiKey('The key on standard input')(made ?? (await text(process.stdin)).trim())
  const hash = `sha256:${hashKey(key).toString('hex')}`
  if (options.json === true) return print(jsonText(made === undefined ? { hash } : { api_key: made, hash }))
  print(made === undefined ? hash : `${made}\n${hash}`)
}
