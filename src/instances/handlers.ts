import { lookInto, testDatabase } from '../data/database-verdict.js'
import { examine } from '../data/doctor.js'
import { GatewayError, refuse } from '../errors.js'
import type { Handler } from '../gateway/row.js'
import type { Rooms } from '../gateway/rooms.js'
import { newId, newSecret } from '../lib/ids.js'
import { look } from './reach.js'
import type { Routed } from './registry.js'
import type { Instance, NewInstance } from './store.js'

interface InstanceBody {
  name?: string
  core_url?: string | null
  core_key?: string | null
  database_url?: string | null
  core_ca?: string | null
  instance_id?: string
  sandbox?: boolean
}

const text = (maxLength: number): object => ({ type: ['string', 'null'], minLength: 1, maxLength })
const properties = {
  name: { type: 'string', minLength: 1, maxLength: 200 },
  core_url: text(2_000),
  core_key: { ...text(1_000), pattern: '^[\\x21-\\x7e]+$' },
  database_url: text(2_000),
  core_ca: text(100_000)
}

export const newInstanceBody = {
  type: 'object',
  required: ['name'],
  additionalProperties: false,
  properties: { ...properties, instance_id: { type: 'string', pattern: '^[\\w.:-]{1,128}$' }, sandbox: { type: 'boolean' } }
}

export const instanceChangeBody = { type: 'object', minProperties: 1, additionalProperties: false, properties }

/** An instance without its secrets: that they are set is all that is shown. */
export const describe = (i: Instance): object => ({
  instance_id: i.instanceId,
  name: i.name,
  kind: i.kind,
  core_url: i.coreUrl,
  has_core_key: i.coreKey !== null,
  has_database_url: i.databaseUrl !== null,
  core_ca: i.coreCa,
  managed_by: i.managedBy,
  created_at: i.createdAt,
  updated_at: i.updatedAt
})

/** @throws GatewayError with a sentence that names the member */
export function checkUrls (body: { core_url?: string | null, database_url?: string | null }): void {
  if (typeof body.core_url === 'string') {
    const url = URL.canParse(body.core_url) ? new URL(body.core_url) : refuse('core_url must be a URL that starts with http:// or https://')
    if (url.protocol !== 'http:' && url.protocol !== 'https:') refuse('core_url must be a URL that starts with http:// or https://')
    if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') refuse('core_url must be a base URL alone, without user, password, query and fragment')
  }
  if (typeof body.database_url === 'string' && !/^postgres(ql)?:\/\//.test(body.database_url)) refuse('database_url must start with postgres:// or postgresql://')
}

function newInstance (body: InstanceBody, sandboxSchema: string | null): NewInstance {
  return {
    instanceId: body.instance_id ?? newId('inst'),
    name: body.name ?? 'Core',
    kind: sandboxSchema === null ? 'core' : 'sandbox',
    coreUrl: body.core_url ?? null,
    coreKey: sandboxSchema === null ? body.core_key ?? null : newSecret(),
    databaseUrl: body.database_url ?? null,
    coreCa: body.core_ca ?? null,
    sandboxSchema
  }
}

export const find = (rooms: Rooms, params: unknown): Routed => {
  const routed = rooms.instances.find((params as { id: string }).id)
  if (routed === undefined) throw new GatewayError('INSTANCE_NOT_FOUND')
  return routed
}

/** What the configuration file says is changed there, or the next reload would undo it. */
function refuseManaged (rooms: Rooms, managedBy: 'file' | null): void {
  if (managedBy === 'file' && rooms.config.file !== undefined) throw new GatewayError('MANAGED_BY_FILE')
}

/** Makes the next sandbox's schema while nobody waits for it. */
function makeSpare ({ opened: { instanceStore, sandbox }, log }: Rooms): void {
  const make = async (): Promise<void> => {
    const schema = await instanceStore.wantedSpare()
    if (schema === null) return
    await sandbox?.prepare(schema)
    await instanceStore.addSpare(schema)
  }
  make().catch((error: unknown) => { log.warn({ err: error }, 'no spare sandbox was made') })
}

/** A new sandbox that cannot be begun from the seed is none. */
async function begin (rooms: Rooms, instanceId: string): Promise<void> {
  try {
    await rooms.opened.seeding?.begin(find(rooms, { id: instanceId }))
  } catch (error) {
    await remove(rooms, instanceId)
    throw error
  }
}

export const createInstance: Handler = async (request, reply, { rooms }) => {
  const body = request.body as InstanceBody
  const sandbox = body.sandbox === true
  checkUrls(body)
  if (sandbox && (body.core_url ?? body.core_key ?? body.database_url ?? body.core_ca) != null) refuse('a sandbox has no core_url, core_key, database_url and core_ca: send name and sandbox alone')
  if (sandbox && rooms.opened.sandbox === undefined) refuse('the sandbox is off: start with SANDBOX=on')
  // Asked before a schema is made, and again by the insert, which has the last word.
  if (body.instance_id !== undefined && rooms.instances.find(body.instance_id) !== undefined) throw new GatewayError('INSTANCE_EXISTS')
  const instance = newInstance(body, sandbox ? await rooms.opened.instanceStore.takeSandboxSchema() : null)
  if (instance.sandboxSchema !== null) await rooms.opened.sandbox?.open({ schema: instance.sandboxSchema, key: instance.coreKey as string })
  const stored = await rooms.opened.instanceStore.insert(instance)
  if (stored === null) {
    if (instance.sandboxSchema !== null) await rooms.opened.sandbox?.drop(instance.sandboxSchema)
    throw new GatewayError('INSTANCE_EXISTS')
  }
  await rooms.opened.changed('instances')
  if (sandbox) {
    await begin(rooms, instance.instanceId)
    makeSpare(rooms)
  }
  // Of a sandbox, the way to it for clients of a Core is told this once.
  const core = sandbox ? { sandbox_core_url: rooms.opened.sandbox?.url, sandbox_core_key: stored.coreKey } : {}
  return await reply.status(201).send({ ...describe(stored), ...core })
}

export const listInstances: Handler = async (_request, _reply, { rooms }) => {
  const data = await Promise.all(rooms.instances.all().map(async ({ instance, upstream }) => ({ ...describe(instance), reachability: await look(upstream) })))
  return { data, total: data.length }
}

export const showInstance: Handler = async (request, _reply, { rooms }) => {
  const { instance, upstream } = find(rooms, request.params)
  return { ...describe(instance), reachability: await look(upstream) }
}

/** What is wrong with a Core, and with the database that the Data API reads; of a sandbox the latter is the gateway's own. */
export const testInstance: Handler = async (request, _reply, { rooms }) => {
  const { instance, upstream } = find(rooms, request.params)
  const database = instance.kind === 'sandbox' ? null : await testDatabase(rooms.opened.sources, instance)
  return { ...await look(upstream), database }
}

/** A look at the database of a Core: how old its schema is, and the indexes it lacks. It changes nothing. */
export const examineInstance: Handler = async (request, _reply, { rooms }) => {
  const { instance } = find(rooms, request.params)
  if (instance.kind === 'sandbox') refuse('a sandbox has no database of its own to look at: name a Core')
  const found = await lookInto(rooms.opened.sources, instance)
  if ('verdict' in found) throw new GatewayError(found.verdict === 'no_database_url' ? 'INSTANCE_WITHOUT_DATABASE' : 'INSTANCE_DATABASE_UNREACHABLE', { message: found.message, details: { verdict: found.verdict } })
  return examine(found)
}

export const updateInstance: Handler = async (request, _reply, { rooms }) => {
  const { instance } = find(rooms, request.params)
  refuseManaged(rooms, instance.managedBy)
  const body = request.body as InstanceBody
  checkUrls(body)
  if (instance.kind === 'sandbox' && Object.keys(body).some((member) => member !== 'name')) refuse('of a sandbox, only the name can be changed')
  const changed = {
    ...instance,
    name: body.name ?? instance.name,
    coreUrl: body.core_url === undefined ? instance.coreUrl : body.core_url,
    coreKey: body.core_key === undefined ? instance.coreKey : body.core_key,
    databaseUrl: body.database_url === undefined ? instance.databaseUrl : body.database_url,
    coreCa: body.core_ca === undefined ? instance.coreCa : body.core_ca
  }
  const stored = await rooms.opened.instanceStore.update(changed)
  if (stored === null) throw new GatewayError('INSTANCE_NOT_FOUND')
  await rooms.opened.changed('instances')
  return describe(stored)
}

/** Removes the instance, the keys bound to it and, of a sandbox, its ledger. */
async function remove (rooms: Rooms, instanceId: string): Promise<void> {
  const { instance } = find(rooms, { id: instanceId })
  await rooms.opened.instanceStore.remove(instance.instanceId)
  await rooms.opened.changed('instances')
  await rooms.opened.changed('keys')
  if (instance.sandboxSchema !== null) await rooms.opened.sandbox?.drop(instance.sandboxSchema)
}

export const removeInstance: Handler = async (request, reply, { rooms }) => {
  refuseManaged(rooms, find(rooms, request.params).instance.managedBy)
  await remove(rooms, (request.params as { id: string }).id)
  return await reply.status(204).send()
}
