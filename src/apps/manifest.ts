import { checkedUrl, DestinationRefused, type Destinations } from '../lib/outbound.js'

/** What an app may be granted (spec/06 6.1). */
export const PERMISSIONS = ['data:read', 'data:write', 'alerts:read', 'alerts:write'] as const

const text = (maxLength: number): object => ({ type: 'string', minLength: 1, maxLength })
const optional = (maxLength: number): object => ({ type: ['string', 'null'], minLength: 1, maxLength })
const permissions = { type: 'array', minItems: 1, uniqueItems: true, items: { enum: PERMISSIONS } }

const properties = {
  display_name: text(100),
  description: text(2_000),
  logo_url: optional(2_000),
  developer_name: optional(200),
  callback_url: text(2_000),
  portal_generator_url: text(2_000),
  permissions,
  launch_access: { type: ['array', 'null'], maxItems: 1_000, uniqueItems: true, items: text(200) },
  require_reauth: { type: 'boolean' }
}

/** A manifest (spec/06 6.1). */
export const newAppBody = {
  type: 'object',
  required: ['display_name', 'description', 'callback_url', 'portal_generator_url', 'permissions'],
  additionalProperties: false,
  properties
}

export const appChangeBody = { type: 'object', minProperties: 1, additionalProperties: false, properties }

export const installBody = {
  type: 'object',
  required: ['instance_id'],
  additionalProperties: false,
  properties: { instance_id: text(128), permissions, reveal_key: { type: 'boolean' } }
}

/** As it is sent; what is left out of a new one is null, or false. */
export interface Manifest {
  readonly display_name: string
  readonly description: string
  readonly logo_url?: string | null
  readonly developer_name?: string | null
  readonly callback_url: string
  readonly portal_generator_url: string
  readonly permissions: readonly string[]
  readonly launch_access?: readonly string[] | null
  readonly require_reauth?: boolean
}

/** @returns what is wrong with an address, as the end of a sentence; undefined: nothing that can be seen in it */
export function addressFault (url: string, destinations: Destinations): string | undefined {
  try {
    const { protocol, hostname } = checkedUrl(url, destinations)
    // Of a name it is not known yet what it stands for, but for this one.
    const isLocal = /(?:^|\.)localhost\.?$/.test(hostname)
    if (isLocal && !destinations('127.0.0.1', protocol as 'http:')) return 'is on this machine'
    return protocol === 'http:' && !isLocal && !destinations(hostname.replace(/^\[|\]$/g, ''), 'http:') ? 'must start with https://' : undefined
  } catch (error) {
    if (error instanceof DestinationRefused) return `cannot be called (${error.message})`
    throw error
  }
}
