import type { Config } from './config.js'
import { seal } from './seal.js'
import { openSession } from './sessions.js'
import type { Store } from './store.js'
import type { Syncs } from './sync/syncs.js'

/** What Blnk POSTs to an app, as the Cloud's documentation has it; nothing of it is known to be there. */
export interface Told {
  readonly installed_app_id?: unknown
  readonly app_id?: unknown
  readonly instance_id?: unknown
  readonly api_key?: unknown
  readonly granted_permissions?: unknown
  readonly idempotency_key?: unknown
}

const isId = (value: unknown): value is string => typeof value === 'string' && /^[\w.:-]{1,128}$/.test(value)

/** An install, or an uninstall: the key of the event says which. The same one told again changes nothing. @returns what is wrong with it */
export async function installOrUninstall ({ config, store, syncs }: { config: Config, store: Store, syncs: Syncs }, event: Told): Promise<string | undefined> {
  const { installed_app_id: id, app_id: appId, instance_id: instanceId, api_key: apiKey, granted_permissions: permissions, idempotency_key: key } = event
  if (!isId(id) || !isId(appId) || !isId(instanceId)) return 'installed_app_id, app_id and instance_id are required'
  if (key === `install:${id}`) {
    if (typeof apiKey !== 'string' || apiKey === '') return 'api_key is required'
    const granted = Array.isArray(permissions) ? permissions.map(String) : []
    await store.putInstall({ installedAppId: id, appId, instanceId, apiKeySealed: seal(config.secret, apiKey, id), permissions: granted })
    return undefined
  }
  if (key === `uninstall:${id}`) {
    await syncs.stop(id)
    await store.removeInstall(id)
    return undefined
  }
  return 'idempotency_key must be install: or uninstall: and the installed_app_id'
}

/** @returns the token of a new portal session; undefined where the app is not installed as it says */
export async function launch (store: Store, { installed_app_id: id, app_id: appId, instance_id: instanceId }: Told): Promise<string | undefined> {
  const install = isId(id) ? await store.install(id) : undefined
  if (install === undefined || install.appId !== appId || install.instanceId !== instanceId) return undefined
  return await openSession(store, install.installedAppId)
}
