import { hashKey, KEY_PREFIX, shownPrefix } from '../auth/credentials.js'
import { GatewayError, refuse } from '../errors.js'
import type { Rooms } from '../gateway/rooms.js'
import { newId, newSecret } from '../lib/ids.js'
import { deliver, type Told } from './deliver.js'
import { addressFault } from './manifest.js'
import { destinationsOf } from './policy.js'
import type { App, Delivery, Event, Install } from './store.js'

// https://www.postgresql.org/docs/18/errcodes-appendix.html
const FOREIGN_KEY_VIOLATION = '23503'

interface Telling { readonly app: App, readonly install: Install, readonly event: Event, readonly url: string, readonly payload: Readonly<Record<string, unknown>>, readonly secret?: string }

async function tell ({ config, opened: { appStore } }: Rooms, { app, install, ...rest }: Telling): Promise<Told> {
  const signingSecret = await appStore.signingSecret(app.app_id) ?? ''
  return await deliver({ installId: install.installed_app_id, signingSecret, destinations: destinationsOf(config), ...rest })
}

const subject = ({ installed_app_id: id, app_id: app, instance_id: instance }: Install): Record<string, string> => ({ installed_app_id: id, app_id: app, instance_id: instance })

async function appOf ({ opened: { appStore } }: Rooms, appId: string): Promise<App> {
  const app = await appStore.one(appId)
  if (app === null) throw new GatewayError('APP_NOT_FOUND')
  return app
}

const failed = (code: 'APP_INSTALL_FAILED' | 'APP_UNINSTALL_FAILED' | 'APP_LAUNCH_FAILED', sentence: string, { id, installed_app_id: install, verdict }: Delivery): GatewayError =>
  new GatewayError(code, { message: sentence, details: { installed_app_id: install, delivery_id: id, verdict } })

export interface NewInstall {
  readonly instanceId: string
  /** Left out: all that the app asks for. */
  readonly permissions?: readonly string[] | undefined
  /** Before the app is told of it. */
  begun(install: Install): void
}

export interface Installed { readonly install: Install, readonly apiKey: string }

/**
 * Installs an app on an instance: a key with what was granted, one POST to its callback, and the key is revoked where that
 * is not answered with 2xx within ten seconds (spec/06 6.2).
 * @throws GatewayError
 */
export async function install (rooms: Rooms, appId: string, { instanceId, permissions, begun: tellBegun }: NewInstall): Promise<Installed> {
  const app = await appOf(rooms, appId)
  if (rooms.instances.find(instanceId) === undefined) throw new GatewayError('INSTANCE_NOT_FOUND')
  const granted = permissions ?? app.permissions
  const more = granted.filter((one) => !app.permissions.includes(one))
  if (more.length > 0) refuse(`permissions: the app asks for ${app.permissions.join(', ')}, and not for ${more.join(', ')}`)
  const { appStore, changed } = rooms.opened
  const id = newId('instapp')
  const apiKey = KEY_PREFIX + newSecret()
  const prefix = shownPrefix(apiKey)
  const key = { id: newId('key'), hash: hashKey(apiKey), prefix, name: `${app.display_name} (${id})`, scopes: granted, kind: 'app' as const, instanceId, expiresAt: null, addresses: null }
  const begun = await appStore.begin({ id, appId, instanceId, permissions: granted, key }).catch((error: unknown) => {
    // Removed since it was looked up.
    throw (error as { code?: string }).code === FOREIGN_KEY_VIOLATION ? new GatewayError('INSTANCE_NOT_FOUND', { cause: error }) : error
  })
  // Either it is there, or it was removed since it was looked up.
  if (begun === null) throw new GatewayError(await appStore.one(appId) === null ? 'APP_NOT_FOUND' : 'APP_INSTALLED_ALREADY')
  tellBegun(begun)
  // The app may use its key before it answers.
  await changed('keys')
  const { delivery } = await tell(rooms, {
    app,
    install: begun,
    event: 'install',
    url: app.callback_url,
    secret: apiKey,
    payload: { ...subject(begun), api_key: apiKey, api_key_prefix: prefix, granted_permissions: granted, idempotency_key: `install:${id}` }
  })
  const accepted = delivery.verdict === 'accepted'
  const moved = await appStore.move(id, 'installing', accepted ? 'active' : 'failed', delivery.error)
  if (!accepted) await changed('keys')
  await appStore.keep(delivery)
  if (!accepted) {
    throw failed('APP_INSTALL_FAILED', `The app was not installed, and its key is revoked: its callback did not take it (${delivery.error ?? ''})`, delivery)
  }
  // It took so long that the install counted as left behind.
  if (moved === null) throw new GatewayError('APP_INSTALL_FAILED', { message: 'The app was not installed: the install was ended meanwhile. Install it again' })
  return { install: moved, apiKey }
}

/**
 * Uninstalls: one POST to the callback; where that fails the key stays valid, and it can be tried again (spec/06 6.3).
 * @param force ends it whatever the app says: for an app that is gone
 */
export async function uninstall (rooms: Rooms, found: Install, { force }: { readonly force: boolean }): Promise<Install> {
  const { installed_app_id: id } = found
  const { appStore, changed } = rooms.opened
  if (found.status !== 'active') throw new GatewayError('INSTALL_NOT_ACTIVE', { message: `This install is ${found.status}: only an active one is uninstalled` })
  const begun = await appStore.move(id, 'active', 'uninstalling', null)
  if (begun === null) throw new GatewayError('INSTALL_NOT_ACTIVE')
  const app = await appOf(rooms, begun.app_id)
  const payload = { ...subject(begun), uninstalled_at: new Date().toISOString().replace(/\.\d+Z$/, 'Z'), idempotency_key: `uninstall:${id}` }
  const { delivery } = await tell(rooms, { app, install: begun, event: 'uninstall', url: app.callback_url, payload })
  const accepted = delivery.verdict === 'accepted' || force
  const moved = await appStore.move(id, 'uninstalling', accepted ? 'uninstalled' : 'active', delivery.error)
  if (accepted) await changed('keys')
  await appStore.keep(delivery)
  if (moved === null) throw new GatewayError('INSTALL_NOT_ACTIVE', { message: 'The uninstall was ended meanwhile: the install is gone with its instance, or as it was before. Look at it again' })
  if (!accepted) throw failed('APP_UNINSTALL_FAILED', `The app is still installed and its key still valid: its callback did not take the uninstall (${delivery.error ?? ''}). Try again, or force it`, delivery)
  return moved
}

/** Asks an app for the address of its portal: a new one each time (spec/06 6.4). */
export async function launch (rooms: Rooms, found: Install): Promise<string> {
  if (found.status !== 'active') throw new GatewayError('INSTALL_NOT_ACTIVE', { message: `This install is ${found.status}: only an active one is launched` })
  const app = await appOf(rooms, found.app_id)
  const { delivery, body } = await tell(rooms, { app, install: found, event: 'launch', url: app.portal_generator_url, payload: subject(found) })
  const portal = delivery.verdict === 'accepted' ? portalOf(body ?? '') : undefined
  const fault = portal === undefined ? 'it answered without a portal_url' : addressFault(portal, destinationsOf(rooms.config))
  const understood: Delivery = delivery.verdict !== 'accepted' || fault === undefined ? delivery : { ...delivery, verdict: 'not_understood', error: portal === undefined ? fault : `its portal_url ${fault}` }
  await rooms.opened.appStore.keep(understood)
  if (understood.verdict !== 'accepted') throw failed('APP_LAUNCH_FAILED', `The app's portal does not open: ${understood.error ?? ''}`, understood)
  return portal as string
}

function portalOf (text: string): string | undefined {
  try {
    const { portal_url: portal } = JSON.parse(text) as { portal_url?: unknown }
    if (typeof portal !== 'string' || portal.length > 4_000) return undefined
    // As it was looked at: what others make of line breaks, spaces and backslashes in it is not what was allowed.
    return URL.canParse(portal) ? new URL(portal).href : portal
  } catch {
    return undefined
  }
}

/** Once more what can be done once more: an uninstall that failed, or a launch. The key of an install is gone, so that one is begun anew. */
export async function redeliver (rooms: Rooms, event: Event, install: Install): Promise<object> {
  switch (event) {
    case 'install': throw new GatewayError('DELIVERY_NOT_REPEATABLE')
    case 'uninstall': return await uninstall(rooms, install, { force: false })
    case 'launch': return { portal_url: await launch(rooms, install) }
  }
}
