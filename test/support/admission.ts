import { createHash } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { Credentials, hashKey, type Credential, type TokenKind } from '../../src/auth/credentials.js'
import { readConfig } from '../../src/config.js'
import { GatewayError } from '../../src/errors.js'
import { admit, type Gate, type Refused } from '../../src/gateway/admit.js'
import type { Rooms } from '../../src/gateway/rooms.js'
import type { Row, Upstream } from '../../src/gateway/row.js'
import { Instances } from '../../src/instances/registry.js'
import type { Instance } from '../../src/instances/store.js'
import { createAddressList } from '../../src/lib/address-list.js'

// What admission decides with, all of it in memory, and heads of requests as it reads them.

export const ADMIN = 'an-admin-token-that-is-long-enough'

const credential = (name: string, more: Partial<Credential> = {}): Credential =>
  ({ id: `id_${name}`, prefix: `blnk_${name}`, name, scopes: ['*'], kind: 'api', instances: null, expiresAt: null, revokedAt: null, ...more })

export const KEYS = {
  all: credential('all'),
  reader: credential('reader', { scopes: ['proxy:read', 'alerts:read'] }),
  data: credential('data', { scopes: ['data:read'] }),
  powerless: credential('powerless', { scopes: [] }),
  bound: credential('bound', { instances: ['inst_1'] }),
  boundToTwo: credential('boundToTwo', { instances: ['inst_2', 'inst_3'] }),
  boundToNone: credential('boundToNone', { instances: [] }),
  listed: credential('listed', { addresses: createAddressList(['192.0.2.0/24']) }),
  revoked: credential('revoked', { revokedAt: 1 }),
  expired: credential('expired', { expiresAt: 1 })
}

export const upstream = { origin: 'http://core.test' } as unknown as Upstream

export interface Setting {
  readonly settings?: Readonly<Record<string, string>>
  readonly gates?: readonly Gate[]
  readonly tokenKinds?: readonly TokenKind[]
  readonly isOpen?: boolean
  readonly isStale?: boolean
}

export function roomsWith ({ settings = {}, gates = [], tokenKinds = [], isOpen = true, isStale = false }: Setting = {}): Rooms {
  const credentials = new Credentials()
  for (const [name, one] of Object.entries(KEYS)) credentials.put(hashKey(`blnk_${name}`), one)
  const instances = new Instances(({ coreUrl }) => coreUrl === null ? undefined : upstream)
  instances.replaceAll([{ instanceId: 'inst_1', coreUrl: 'http://core.test' }, { instanceId: 'inst_bare', coreUrl: null }] as Instance[])
  const config = readConfig({ EPHEMERAL: 'true', PORT: '0', ...settings })
  return { config, credentials, instances, gates, tokenKinds, isOpen, freshness: { isStale }, adminToken: createHash('sha256').update(ADMIN).digest() } as unknown as Rooms
}

export interface Head { readonly url?: string, readonly headers?: Readonly<Record<string, string>>, readonly address?: string | null }

export const request = ({ url = '/proxy/ledgers?instance_id=inst_1', headers = {}, address = '192.0.2.1' }: Head): FastifyRequest => ({
  id: 'req_1', url, headers, call: null, record: address === null ? null : { address }, raw: { url, headers, rawHeaders: Object.entries(headers).flat() }
}) as unknown as FastifyRequest

export const by = (key: keyof typeof KEYS, url?: string): Head => ({ headers: { authorization: `Bearer blnk_${key}` }, ...(url !== undefined && { url }) })

export const row = (more: Partial<Row> = {}): Row => ({ method: 'GET', path: '/proxy/ledgers', scope: 'proxy:read', instance: 'required', handler () {}, ...more })

/** What it is refused with. Admission in memory throws at once; behind gates it rejects. */
export async function refusal (head: Head, more: Partial<Row> = {}, setting: Setting = {}): Promise<Refused> {
  try {
    await admit(roomsWith(setting), row(more), request(head))
  } catch (error) {
    if (error instanceof GatewayError) return error as Refused
    throw error
  }
  throw new Error('it was admitted')
}
