import type { Handler } from '../gateway/row.js'
import type { Rooms } from '../gateway/rooms.js'
import type { Sandbox } from '../sandbox/thread.js'
import { find, refuse } from './handlers.js'

export const resetBody = {
  type: ['object', 'null'],
  additionalProperties: false,
  properties: { seed: { type: 'string', minLength: 1, maxLength: 200 } }
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

/** Reset, settle and clock are for sandboxes: nobody turns a real Core's time. */
function sandboxOf (rooms: Rooms, params: unknown): { sandbox: Sandbox, schema: string } {
  const { instance } = find(rooms, params)
  const { sandbox } = rooms.opened
  if (instance.sandboxSchema === null) return refuse(`${instance.instanceId} is a real Core: only a sandbox can be reset, settled and have its clock set`)
  if (sandbox === undefined) return refuse('the sandbox is off: start with SANDBOX=on')
  return { sandbox, schema: instance.sandboxSchema }
}

/** Brings a sandbox's ledger back to empty; with a seed, what follows has the same ids for the same requests. */
export const resetInstance: Handler = async (request, reply, { rooms }) => {
  const { sandbox, schema } = sandboxOf(rooms, request.params)
  await sandbox.reset(schema, (request.body as { seed?: string } | null)?.seed ?? null)
  // Other replicas go by the clock that the ledger has now.
  await rooms.opened.changed('instances')
  return await reply.status(204).send()
}

/** Answers when nothing of the sandbox's is queued or due. */
export const settleInstance: Handler = async (request, reply, { rooms }) => {
  const { sandbox, schema } = sandboxOf(rooms, request.params)
  await sandbox.settle(schema)
  return await reply.status(204).send()
}

/** Freezes, sets or advances a sandbox's time; answers when what fell due has been done. */
export const setClock: Handler = async (request, _reply, { rooms }) => {
  const { sandbox, schema } = sandboxOf(rooms, request.params)
  const body = (request.body ?? {}) as { frozen?: boolean, set?: string, advance_ms?: number }
  const state = await sandbox.clock(schema, {
    ...(body.frozen === undefined ? {} : { frozen: body.frozen }),
    ...(body.set === undefined ? {} : { set: Date.parse(body.set) * 1000 }),
    ...(body.advance_ms === undefined ? {} : { advance: body.advance_ms * 1000 })
  })
  await rooms.opened.changed('instances')
  return state
}
