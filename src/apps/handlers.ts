import { GatewayError, orRefuse, refuse } from '../errors.js'
import type { Call, Handler } from '../gateway/row.js'
import { newId, newSecret } from '../lib/ids.js'
import { readQuery, readWhole } from '../lib/query.js'
import { install, launch, redeliver, uninstall } from './lifecycle.js'
import { addressFault, type Manifest } from './manifest.js'
import { destinationsOf } from './policy.js'
import type { Install, Listing } from './store.js'

export { appChangeBody, installBody, newAppBody } from './manifest.js'

const param = (request: { params: unknown }, name: string): string => (request.params as Record<string, string>)[name] ?? ''

function checkAddresses (manifest: Partial<Manifest>, destinations: ReturnType<typeof destinationsOf>): void {
  for (const name of ['callback_url', 'portal_generator_url'] as const) {
    const url = manifest[name]
    const fault = url === undefined ? undefined : addressFault(url, destinations)
    if (fault !== undefined) refuse(`${name} ${fault}: an app is called by https at a public address; one on this machine, by http too, where the gateway is started with --ephemeral or APPS_ALLOW_LOCAL=true`)
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
const note = (call: Call, { installed_app_id: entityId, instance_id: instanceId }: Install): void => { call.acted = { entityId, instanceId } }

/** @throws GatewayError where there is none */
async function installOf (call: Call, id: string): Promise<Install> {
  const install = await call.rooms.opened.appStore.install(id)
  if (install === null) throw new GatewayError('INSTALL_NOT_FOUND')
  note(call, install)
  return install
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

const pageOf = ({ limit, offset }: Readonly<Record<string, string | undefined>>): Listing => ({
  limit: orRefuse(readWhole('limit', limit, [STANDARD_PAGE, 0, LARGEST_PAGE])),
  offset: orRefuse(readWhole('offset', offset, [0, 0, 999_999_999]))
})

const queryOf = (request: { query: unknown }, known: readonly string[]): Readonly<Record<string, string | undefined>> => orRefuse(readQuery(request.query, known, 'parameter of this'))

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
  const install = await installOf(call, param(request, 'installed_app_id'))
  return await uninstall(call.rooms, install, { force: force === 'true' })
}

export const launchInstall: Handler = async (request, _reply, call) => {
  const install = await installOf(call, param(request, 'installed_app_id'))
  return { portal_url: await launch(call.rooms, install) }
}

export const listAppDeliveries: Handler = async (request, _reply, { rooms }) => {
  const query = queryOf(request, ['installed_app_id', 'limit', 'offset'])
  return await rooms.opened.appStore.deliveries(query['installed_app_id'] ?? null, pageOf(query))
}

export const redeliverToApp: Handler = async (request, _reply, call) => {
  const delivery = await call.rooms.opened.appStore.delivery(param(request, 'delivery_id'))
  if (delivery === null) throw new GatewayError('DELIVERY_NOT_FOUND', { message: 'There is no delivery with this id; the last ten thousand are kept' })
  return await redeliver(call.rooms, delivery.event, await installOf(call, delivery.installed_app_id))
}
