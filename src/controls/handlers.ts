import { GatewayError, refuse } from '../errors.js'
import type { Faults, NewFault } from '../gateway/faults.js'
import type { Handler } from '../gateway/row.js'
import type { Opened, Rooms } from '../gateway/rooms.js'
import { find } from '../instances/handlers.js'

export const resetBody = {
  type: ['object', 'null'],
  additionalProperties: false,
  properties: { id_seed: { type: 'string', minLength: 1, maxLength: 200 } }
}

export const clockBody = {
  type: 'object',
  additionalProperties: false,
  properties: {
    frozen: { type: 'boolean' },
    set: { type: 'string', format: 'date-time' },
    advance_ms: { type: 'integer', minimum: 0, maximum: 3_155_760_000_000 }
  }
}

export const faultBody = {
  type: 'object',
  required: ['then'],
  additionalProperties: false,
  properties: {
    match: {
      type: 'object',
      additionalProperties: false,
      properties: { method: { enum: ['GET', 'POST', 'PUT', 'DELETE'] }, path: { type: 'string', pattern: '^[/*]', maxLength: 500 } }
    },
    times: { type: 'integer', minimum: 1, maximum: 1_000_000 },
    then: {
      type: 'object',
      minProperties: 1,
      maxProperties: 1,
      additionalProperties: false,
      properties: {
        status: { type: 'integer', minimum: 400, maximum: 599 },
        delay_ms: { type: 'integer', minimum: 0, maximum: 600_000 },
        drop: { enum: ['before', 'after'] }
      }
    }
  }
}

/** Reset, settle and clock are for sandboxes: nobody turns a real Core's time. */
function sandboxOf (rooms: Rooms, params: unknown): { sandbox: NonNullable<Opened['sandbox']>, schema: string, routed: ReturnType<typeof find> } {
  const routed = find(rooms, params)
  const { instance } = routed
  const { sandbox } = rooms.opened
  if (instance.sandboxSchema === null) return refuse(`${instance.instanceId} is a real Core: only a sandbox can be reset, settled and have its clock set`)
  if (sandbox === undefined) return refuse('the sandbox is off: start with SANDBOX=on')
  return { sandbox, schema: instance.sandboxSchema, routed }
}

/**
 * Brings a sandbox's ledger back to the seed, or to empty where there is none, and ends its alerts; with an id_seed, what
 * follows has the same ids for the same requests.
 */
export const resetInstance: Handler = async (request, reply, { rooms }) => {
  const { routed } = sandboxOf(rooms, request.params)
  await rooms.opened.seeding?.reset(routed, (request.body as { id_seed?: string } | null)?.id_seed ?? null)
  // A ledger that begins anew has answered nothing.
  await rooms.opened.idempotency.forget(routed.instance.instanceId)
  await rooms.opened.alertStore.removeOf(routed.instance.instanceId)
  return await reply.status(204).send()
}

/** Answers when nothing of the sandbox's is queued or due. */
export const settleInstance: Handler = async (request, reply, { rooms }) => {
  const { sandbox, schema } = sandboxOf(rooms, request.params)
  await sandbox.settle(schema)
  return await reply.status(204).send()
}

/** Postgres has no year 0. */
const FIRST_TIME = Date.parse('0001-01-01T00:00:00Z')

/** Freezes, sets or advances a sandbox's time; answers when what fell due has been done. */
export const setClock: Handler = async (request, _reply, { rooms }) => {
  const { sandbox, schema } = sandboxOf(rooms, request.params)
  const body = (request.body ?? {}) as { frozen?: boolean, set?: string, advance_ms?: number }
  if (body.set !== undefined && !(Date.parse(body.set) >= FIRST_TIME)) refuse('set must be a date from the year 1 on, and no leap second')
  const state = await sandbox.clock(schema, {
    ...(body.frozen === undefined ? {} : { frozen: body.frozen }),
    ...(body.set === undefined ? {} : { set: Date.parse(body.set) * 1000 }),
    ...(body.advance_ms === undefined ? {} : { advance: body.advance_ms * 1000 })
  })
  await rooms.opened.changed('instances')
  return state
}

function faultsOf (rooms: Rooms, params: unknown): { faults: Faults, instanceId: string } {
  const { instance } = find(rooms, params)
  if (rooms.faults === undefined) throw new GatewayError('FAULTS_OFF')
  return { faults: rooms.faults, instanceId: instance.instanceId }
}

/** Lets requests to an instance, real or sandbox, fail on purpose. */
export const addFault: Handler = async (request, reply, { rooms }) => {
  const { faults, instanceId } = faultsOf(rooms, request.params)
  return await reply.status(201).send(faults.add(instanceId, request.body as NewFault))
}

export const listFaults: Handler = (request, _reply, { rooms }) => {
  const { faults, instanceId } = faultsOf(rooms, request.params)
  const data = faults.list(instanceId)
  return { data, total: data.length }
}

export const clearFaults: Handler = async (request, reply, { rooms }) => {
  const { faults, instanceId } = faultsOf(rooms, request.params)
  faults.clear(instanceId)
  return await reply.status(204).send()
}
