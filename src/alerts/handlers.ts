import type { FastifyRequest } from 'fastify'
import { GatewayError, refuse } from '../errors.js'
import type { Call, Handler } from '../gateway/row.js'
import type { Routed } from '../instances/registry.js'
import { newId } from '../lib/ids.js'
import { instanceIdOf } from '../lib/instance-id.js'
import { readPositive } from '../lib/query.js'
import { isInCore, kindOf, type EntityKind } from './entity.js'
import { COLOURS, colourOf, FIRST_STATUS, keyOf } from './status.js'
import { MOST_STATUSES, UnknownStatus, type Alert, type AlertChange, type Status, type Taken } from './store.js'

const title = { type: ['string', 'null'], maxLength: 500 }
const description = { type: 'string', maxLength: 10_000 }
const LONGEST_KEY = 100
const status = { type: 'string', minLength: 1, maxLength: LONGEST_KEY }
const assigned = { assigned_to: { type: ['string', 'null'], maxLength: 200 }, escalated_to: { type: 'array', maxItems: 100, items: { type: 'string', minLength: 1, maxLength: 200 } } }
export const newAlertBody = { type: 'object', properties: { title, description, status, ...assigned } }
export const alertChangeBody = { type: 'object', properties: { title, description, status, ...assigned } }
const name = { type: 'string', maxLength: 200 }
const colour = { type: 'string', maxLength: 50 }
export const newStatusBody = { type: 'object', properties: { key: { type: 'string', maxLength: LONGEST_KEY }, name, colour } }
export const statusChangeBody = { type: 'object', properties: { name, colour } }

const idOf = (request: { params: unknown }): string => Object.values(request.params as Record<string, string>)[0] ?? ''

const LARGEST_PAGE = 100
const STANDARD_PAGE = 20

/** The instances that a credential reaches; null: all of them. */
const reach = ({ credential }: Call): readonly string[] | null => credential?.instances ?? null

/** The instances that a request is about; null: all. @throws GatewayError where its instance_id is none that the credential reaches */
function narrowed (call: Call, request: FastifyRequest): readonly string[] | null {
  const reached = reach(call)
  const instanceId = instanceIdOf(request.raw.url ?? '')
  if (instanceId === null) throw new GatewayError('INSTANCE_ID_REPEATED')
  if (instanceId === undefined) return reached
  // A bound key learns nothing of which other instances exist.
  if (reached !== null && !reached.includes(instanceId)) throw new GatewayError('INSTANCE_FORBIDDEN')
  if (call.rooms.instances.find(instanceId) === undefined) throw new GatewayError('INSTANCE_NOT_FOUND')
  return [instanceId]
}

const single = (query: unknown, member: string): string | undefined => {
  const value = (query as Record<string, string | string[] | undefined>)[member]
  return Array.isArray(value) ? refuse(`${member} is given more than once: send it once`) : value
}

async function has ({ rooms }: Call, { instance, upstream }: Routed, flagged: { kind: EntityKind, id: string }): Promise<boolean> {
  if (instance.kind === 'sandbox' || instance.databaseUrl !== null) return await rooms.opened.sources.has(instance, flagged.kind.resource, flagged.id)
  return upstream !== undefined && await isInCore(upstream, flagged)
}

/** The first of these instances that has this. All are asked at once. @throws GatewayError where none has */
async function instanceOf (call: Call, flagged: { kind: EntityKind, id: string }, among: readonly string[] | null): Promise<string> {
  const asked = call.rooms.instances.all().filter(({ instance }) => among === null || among.includes(instance.instanceId))
    .map((one) => ({ instanceId: one.instance.instanceId, answer: has(call, one, flagged).catch((error: unknown) => ({ error })) }))
  let failed: { error: unknown } | undefined
  for (const { instanceId, answer } of asked) {
    const found = await answer
    if (found === true) return instanceId
    if (found !== false) failed = found
  }
  // Whether one of those has it is not known.
  if (failed !== undefined) throw new GatewayError('ENTITY_NOT_CHECKED', { cause: failed.error })
  throw new GatewayError('ENTITY_NOT_FOUND', { message: `${flagged.kind.type.toLowerCase()} not found: an alert is about a balance, transaction or identity of an instance that this credential reaches` })
}

async function refusing<T> (work: Promise<T>, given: string | undefined): Promise<T> {
  return await work.catch((error: unknown) => {
    throw error instanceof UnknownStatus ? new GatewayError('GEN_VALIDATION_ERROR', { message: `invalid status: ${given ?? ''}`, cause: error }) : error
  })
}

const found = (alert: Alert | null): Alert => {
  if (alert === null) throw new GatewayError('ALERT_NOT_FOUND')
  return alert
}

const keyGiven = (text: string): string => text.trim().toUpperCase()

interface AlertBody { title?: string | null, description?: string, status?: string, assigned_to?: string | null, escalated_to?: string[] }

/** POST /alerts/flag/ID: an alert about a balance, a transaction or an identity (spec/05 5.3). */
export const createAlert: Handler = async (request, reply, call) => {
  const body = request.body as AlertBody | null ?? {}
  const id = idOf(request)
  const kind = kindOf(id)
  if (kind === undefined) return refuse('The id must be of a balance (bln_…), a transaction (txn_…) or an identity (idt_…)')
  if (body.description === undefined || body.description.trim() === '') return refuse('description is required')
  const instanceId = await instanceOf(call, { kind, id }, narrowed(call, request))
  const alert = await refusing(call.rooms.opened.alertStore.insert({
    anomaly_id: newId('ano'),
    instance_id: instanceId,
    title: body.title ?? null,
    description: body.description,
    type: kind.type,
    status: keyGiven(body.status ?? FIRST_STATUS),
    assigned_to: body.assigned_to ?? null,
    escalated_to: body.escalated_to ?? [],
    affected_balances: [],
    affected_identities: [],
    affected_transactions: [],
    [kind.list]: [id]
  }), body.status)
  if (alert === null) throw new GatewayError('INSTANCE_NOT_FOUND')
  call.acted = { ...call.acted, entityId: alert.anomaly_id, instanceId }
  return await reply.status(201).send(alert)
}

/** PUT /alerts/flag/ALERT_ID: what is sent changes, the rest stays. */
export const updateAlert: Handler = async (request, _reply, call) => {
  const body = request.body as AlertBody | null ?? {}
  if (body.description !== undefined && body.description.trim() === '') return refuse('description must not be empty')
  const { alertStore } = call.rooms.opened
  const id = idOf(request)
  const { instance_id: instanceId } = found(await alertStore.one(id, narrowed(call, request)))
  call.acted = { ...call.acted, instanceId }
  const { status, ...rest } = body
  const change: AlertChange = { ...rest, ...(status !== undefined && { status: keyGiven(status) }) }
  return found(await refusing(alertStore.update(id, change), status))
}

export const showAlert: Handler = async (request, _reply, call) =>
  found(await call.rooms.opened.alertStore.one(idOf(request), narrowed(call, request)))

/** GET /alerts: `{"data":[…],"total":n}`, the newest first. Paging as in the Data API; filters are ours. */
export const listAlerts: Handler = async (request, _reply, call) => {
  const { query } = request
  const instances = narrowed(call, request)
  const given = readPositive(single(query, 'pageSize') ?? '') ?? BigInt(STANDARD_PAGE)
  const limit = given > BigInt(LARGEST_PAGE) ? LARGEST_PAGE : Number(given)
  const page = readPositive(single(query, 'page') ?? '') ?? 1n
  const status = single(query, 'status')
  return await call.rooms.opened.alertStore.list({
    instances,
    status: status === undefined ? null : keyGiven(status),
    type: single(query, 'type') ?? null,
    assignedTo: single(query, 'assigned_to') ?? null,
    affected: single(query, 'affected') ?? null,
    limit,
    offset: ((page - 1n) * BigInt(limit)).toString()
  })
}

/** GET /alerts/statuses: those that were made, and the colours that there are. Of any instance_id: all have the same. */
export const listStatuses: Handler = async (request, _reply, call) => {
  narrowed(call, request)
  return { data: await call.rooms.opened.alertStore.statuses(), allowed_colours: COLOURS }
}

function madeOrTaken (made: Status | Taken | null): Status {
  if (made === 'key') throw new GatewayError('STATUS_EXISTS')
  if (made === 'name') throw new GatewayError('STATUS_EXISTS', { message: 'status name already exists' })
  if (made === null) throw new GatewayError('STATUS_NOT_FOUND')
  return made
}

const listedColour = (text: string): string => colourOf(text) ?? refuse('colour must be one of the allowed colours')

interface StatusBody { key?: string, name?: string, colour?: string }

export const createStatus: Handler = async (request, reply, call) => {
  narrowed(call, request)
  const { key: given, name: named, colour: coloured } = request.body as StatusBody | null ?? {}
  const name = named?.trim() ?? ''
  if (name === '') return refuse('name is required')
  if (coloured === undefined) return refuse('colour is required')
  const derived = given === undefined || given.trim() === ''
  const key = keyOf(derived ? name : given)
  if (key === '') return refuse('key cannot be made of this: send one with letters, digits and _')
  if (key.length > LONGEST_KEY) return refuse(`key must have at most ${LONGEST_KEY} characters: send one with a shorter key`)
  const made = await call.rooms.opened.alertStore.insertStatus({ key, name, colour: listedColour(coloured), namedAlone: derived }) ?? refuse(`there are ${MOST_STATUSES} statuses, and there can be no more: remove one first`)
  return await reply.status(201).send(madeOrTaken(made))
}

/** The key of the path, and of the audit log's row. */
function pathKey (call: Call, request: FastifyRequest): string {
  narrowed(call, request)
  const key = keyGiven(idOf(request))
  call.acted = { ...call.acted, entityId: key }
  return key
}

/** The key stays as it is (spec/05 5.4). */
export const updateStatus: Handler = async (request, _reply, call) => {
  const key = pathKey(call, request)
  const { name: named, colour: coloured } = request.body as StatusBody | null ?? {}
  if (named === undefined && coloured === undefined) return refuse('name or colour is required')
  if (named !== undefined && named.trim() === '') return refuse('name must not be empty')
  const change = { ...(named !== undefined && { name: named.trim() }), ...(coloured !== undefined && { colour: listedColour(coloured) }) }
  return madeOrTaken(await call.rooms.opened.alertStore.updateStatus(key, change))
}

export const removeStatus: Handler = async (request, _reply, call) => {
  const used = await call.rooms.opened.alertStore.removeStatus(pathKey(call, request))
  if (used === null) throw new GatewayError('STATUS_NOT_FOUND')
  if (used > 0) throw new GatewayError('STATUS_IN_USE', { message: `cannot delete status: ${used} alert(s) use this status - reassign them to another status first` })
  return { message: 'Status deleted' }
}
