import { GatewayError } from '../errors.js'
import type { Rooms } from '../gateway/rooms.js'
import type { Call, Handler } from '../gateway/row.js'
import { newId, newSecret } from '../lib/ids.js'
import { install, launch, redeliver, uninstall } from './lifecycle.js'
import { addressFault, type Manifest } from './manifest.js'
import { destinationsOf } from './policy.js'
import type { Install, Listing } from './store.js'

export { appChangeBody, installBody, newAppBody } from './manifest.js'

const refuse = (message: string): never => { throw new GatewayError('GEN_VALIDATION_ERROR', { message }) }

const param = (request: { params: unknown }, name: string): string => (request.params as Record<string, string>)[name] ?? ''

function checkAddresses (manifest: Partial<Manifest>, destinations: ReturnType<typeof destinationsOf>): void {
  for (const name of ['callback_url', 'portal_generator_url'] as const) {
    const url = manifest[name]
    const fault = url === undefined ? undefined : addressFault(url, destinations)
    if (fault !== undefined) refuse(`${name} ${fault}: an app is called by https at a public address; one on this machine, by http too, with APPS_ALLOW_LOCAL=true`)
  }
  if (typeof manifest.logo_url === 'string' && !/^https?:$/.test(URL.canParse(manifest.logo_url) ? new URL(manifest.logo_url).protocol : '')) refuse('logo_url must be a URL')
}

/** The secret that its requests are signed with is in this answer and nowhere else. */
export const registerApp: Handler = async (request, reply, { rooms }) => {
  const manifest = request.body as Manifest
  checkAddresses(manifest, destinationsOf(rooms.config))
  const secret = `whsec_${newSecret()}`
  const app = await rooms.opened.appStore.insert(newId('app'), manifest, secret)
  return await reply.status(201).send({ ...app, signing_secret: secret })
}

export const listApps: Handler = async (_request, _reply, { rooms }) => {
  const data = await rooms.opened.appStore.all()
  return { data, total: data.length }
}

export const showApp: Handler = async (request, _reply, { rooms }) => {
  const app = await rooms.opened.appStore.one(param(request, 'app_id'))
  if (app === null) throw new GatewayError('APP_NOT_FOUND')
  return app
}

/** What is installed keeps what it was granted (spec/06 6.1). */
export const updateApp: Handler = async (request, _reply, { rooms }) => {
  const change = request.body as Partial<Manifest>
  checkAddresses(change, destinationsOf(rooms.config))
  const app = await rooms.opened.appStore.update(param(request, 'app_id'), change)
  if (app === null) throw new GatewayError('APP_NOT_FOUND')
  return app
}

export const removeApp: Handler = async (request, reply, { rooms }) => {
  const removed = await rooms.opened.appStore.remove(param(request, 'app_id'))
  if (removed === null) throw new GatewayError('APP_NOT_FOUND')
  if (!removed) throw new GatewayError('APP_INSTALLED')
  return await reply.status(204).send()
}

/** For the audit log, whatever comes of it. */
const note = (call: Call, install: Install | null): void => {
  if (install !== null) call.acted = { entityId: install.installed_app_id, instanceId: install.instance_id }
}

async function noteInstall ({ opened: { appStore } }: Rooms, call: Call, id: string): Promise<void> {
  note(call, await appStore.install(id))
}

interface InstallRequest { instance_id: string, permissions?: string[], reveal_key?: boolean }

/** `reveal_key` is for developers, who look over the shoulder of an app on their own machine. */
export const installApp: Handler = async (request, reply, call) => {
  const { rooms } = call
  const { instance_id: instanceId, permissions, reveal_key: reveal = false } = request.body as InstallRequest
  if (reveal && !rooms.config.appsAllowLocal) refuse('reveal_key is for apps under development: start the gateway with APPS_ALLOW_LOCAL=true')
  const { install: installed, apiKey } = await install(rooms, param(request, 'app_id'), { instanceId, permissions, begun: (one) => { note(call, one) } })
  return await reply.status(201).send({ ...installed, ...(reveal && { api_key: apiKey }) })
}

const LARGEST_PAGE = 500
const STANDARD_PAGE = 100

function pageOf (query: Record<string, string | undefined>): Listing {
  const whole = (name: string, standard: number, most: number): number => {
    const text = query[name]
    if (text === undefined) return standard
    return /^\d{1,9}$/.test(text) && Number(text) <= most ? Number(text) : refuse(`${name} must be a whole number up to ${most}`)
  }
  return { limit: whole('limit', STANDARD_PAGE, LARGEST_PAGE), offset: whole('offset', 0, 999_999_999) }
}

function queryOf (request: { query: unknown }, known: readonly string[]): Record<string, string | undefined> {
  const query = request.query as Record<string, string | string[] | undefined>
  for (const name of Object.keys(query)) {
    if (!known.includes(name)) refuse(`${name} is not a parameter of this list: there are ${known.join(', ')}`)
    if (Array.isArray(query[name])) refuse(`${name} is given more than once: send it once`)
  }
  return query as Record<string, string | undefined>
}

export const listInstalls: Handler = async (request, _reply, { rooms }) => {
  const query = queryOf(request, ['app_id', 'instance_id', 'limit', 'offset'])
  return await rooms.opened.appStore.installs({ appId: query['app_id'] ?? null, instanceId: query['instance_id'] ?? null, ...pageOf(query) })
}

export const showInstall: Handler = async (request, _reply, { rooms }) => {
  const found = await rooms.opened.appStore.install(param(request, 'installed_app_id'))
  if (found === null) throw new GatewayError('INSTALL_NOT_FOUND')
  return found
}

export const removeInstall: Handler = async (request, _reply, call) => {
  const { force = 'false' } = queryOf(request, ['force'])
  if (force !== 'true' && force !== 'false') refuse('force must be true or false')
  const id = param(request, 'installed_app_id')
  await noteInstall(call.rooms, call, id)
  return await uninstall(call.rooms, id, { force: force === 'true' })
}

export const launchInstall: Handler = async (request, _reply, call) => {
  const id = param(request, 'installed_app_id')
  await noteInstall(call.rooms, call, id)
  return { portal_url: await launch(call.rooms, id) }
}

export const listAppDeliveries: Handler = async (request, _reply, { rooms }) => {
  const query = queryOf(request, ['installed_app_id', 'limit', 'offset'])
  return await rooms.opened.appStore.deliveries(query['installed_app_id'] ?? null, pageOf(query))
}

export const redeliverToApp: Handler = async (request, _reply, call) => {
  const delivery = await call.rooms.opened.appStore.delivery(param(request, 'delivery_id'))
  if (delivery === null) throw new GatewayError('DELIVERY_NOT_FOUND', { message: 'There is no delivery with this id; the last ten thousand are kept' })
  await noteInstall(call.rooms, call, delivery.installed_app_id)
  return await redeliver(call.rooms, delivery)
}
