import { GatewayError, orRefuse, refuse } from '../errors.js'
import type { Handler } from '../gateway/row.js'
import type { Opened, Rooms } from '../gateway/rooms.js'
import { hostOf, isLinkLocal } from '../lib/addresses.js'
import { readQuery, readWhole } from '../lib/query.js'
import { find } from '../instances/handlers.js'
import type { WebhookTarget } from './store.js'

export const webhookBody = {
  type: ['object', 'null'],
  required: ['url'],
  additionalProperties: false,
  properties: {
    url: { type: 'string', minLength: 1, maxLength: 2_000 },
    headers: {
      type: 'object',
      maxProperties: 20,
      propertyNames: { pattern: "^[\\w!#$%&'*+.^`|~-]{1,100}$" },
      additionalProperties: { type: 'string', maxLength: 4_000, pattern: '^[\\x20-\\x7e]*$' }
    }
  }
}

/** What the exchange itself decides (RFC 9110 7.6.1, 8.6). */
const NOT_FREE = /^(host|content-length|transfer-encoding|connection|keep-alive|te|trailer|upgrade|expect)$/i

const DELIVERY_STATES = ['pending', 'delivered', 'failed'] as const

/** A target without what may be secret in it: the values of its headers. */
const describe = (target: WebhookTarget | null): object => ({ url: target?.url ?? null, header_names: Object.keys(target?.headers ?? {}) })

function sandboxOf (rooms: Rooms, params: unknown): { readonly sandbox: NonNullable<Opened['sandbox']>, readonly schema: string, readonly instanceId: string } {
  const { instance } = find(rooms, params)
  const { sandbox } = rooms.opened
  if (instance.sandboxSchema === null) return refuse(`${instance.instanceId} is a real Core: its webhook is set in its own configuration`)
  if (sandbox === undefined) return refuse('the sandbox is off: start with SANDBOX=on')
  return { sandbox, schema: instance.sandboxSchema, instanceId: instance.instanceId }
}

/** @throws GatewayError with a sentence that names the member */
function targetOf ({ url, headers = {} }: { readonly url: string, readonly headers?: Readonly<Record<string, string>> }): WebhookTarget {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (parsed === undefined || (parsed.protocol !== 'http:' && parsed.protocol !== 'https:')) return refuse('url must be a URL that starts with http:// or https://')
  if (isLinkLocal(hostOf(parsed))) return refuse('url must not be a link-local address')
  const taken = Object.keys(headers).find((name) => NOT_FREE.test(name))
  if (taken !== undefined) return refuse(`headers must not have ${taken}: it is set for each request`)
  return { url, headers }
}

/** Sets where a sandbox's webhooks go, or with null takes it away: then they go to SANDBOX_WEBHOOK_URL, if that is set. */
export const setWebhook: Handler = async (request, _reply, { rooms }) => {
  const { instanceId } = sandboxOf(rooms, request.params)
  const body = request.body as { url: string, headers?: Record<string, string> } | null
  const target = body === null ? null : targetOf(body)
  await rooms.opened.webhookStore.set(instanceId, target)
  await rooms.opened.changed('instances')
  return describe(target)
}

/** What a sandbox told by webhooks and hooks or is about to, the latest first. */
export const listDeliveries: Handler = async (request, _reply, { rooms }) => {
  const { sandbox, schema } = sandboxOf(rooms, request.params)
  const { status, limit, offset } = orRefuse(readQuery(request.query, ['status', 'limit', 'offset'], 'filter of deliveries'))
  const state = DELIVERY_STATES.find((one) => one === status)
  if (status !== undefined && state === undefined) refuse(`status must be one of ${DELIVERY_STATES.join(', ')}`)
  return await sandbox.deliveries(schema, {
    ...(state === undefined ? {} : { status: state }),
    limit: orRefuse(readWhole('limit', limit, [100, 1, 1_000])),
    offset: orRefuse(readWhole('offset', offset, [0, 0, 999_999_999]))
  })
}

/** Sends a delivery again, whatever became of it before. */
export const redeliver: Handler = async (request, reply, { rooms }) => {
  const { sandbox, schema } = sandboxOf(rooms, request.params)
  const { delivery_id: id } = request.params as { delivery_id: string }
  if (!await sandbox.redeliver(schema, id)) throw new GatewayError('DELIVERY_NOT_FOUND')
  return await reply.status(202).send({ delivery_id: id, status: 'pending' })
}
