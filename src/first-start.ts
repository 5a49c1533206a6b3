import { readFileSync } from 'node:fs'
import { makeKey } from './auth/handlers.js'
import { createKeyStore } from './auth/store.js'
import { hashKey } from './auth/credentials.js'
import { SettingError, type Config } from './config.js'
import { checkUrls } from './instances/handlers.js'
import type { Seal } from './instances/seal.js'
import { createInstanceStore, type InstanceStore } from './instances/store.js'
import { newId, newSecret } from './lib/ids.js'
import type { Queryable } from './lib/postgres.js'
import type { Store } from './store/open.js'

/** What the start found or made. */
export interface FirstStart {
  /** The key in clear: made by this start, or preset. null: only its hash is known. */
  readonly apiKey: string | null
  /** Whether this start made it. */
  readonly apiKeyIsNew: boolean
  /** The default sandbox, or the real Core where there is no sandbox; null: neither. */
  readonly instanceId: string | null
}

/**
 * Makes what a first start makes and applies the presets, in one transaction under an advisory lock, so that several
 * replicas can start at once.
 * @throws SettingError
 */
export async function firstStart ({ db, shared }: Store, config: Config, seal: Seal): Promise<FirstStart> {
  return await db.transaction(async (tx) => {
    await tx.query("SELECT pg_advisory_xact_lock(hashtextextended('blnk-gateway first start', 0))")
    await checkSeal(tx, seal)
    const instances = createInstanceStore(tx, seal)
    const sandboxId = config.sandbox ? await defaultSandbox(tx, instances, config) : null
    const coreId = config.coreUrl === undefined ? null : await realCore(instances, config)
    const key = await firstKey(tx, config, shared)
    return { ...key, instanceId: sandboxId ?? coreId }
  })
}

async function fact (tx: Queryable, name: string): Promise<string | null> {
  const { rows } = await tx.query<{ value: string }>('SELECT value FROM gateway.facts WHERE name = $1', [name])
  return rows[0]?.value ?? null
}

async function setFact (tx: Queryable, name: string, value: string): Promise<void> {
  await tx.query('INSERT INTO gateway.facts (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value', [name, value])
}

/** A wrong encryption key is found at the start and not at the first request. */
async function checkSeal (tx: Queryable, seal: Seal): Promise<void> {
  const probe = await fact(tx, 'seal_probe')
  if (probe === null) return await setFact(tx, 'seal_probe', seal.seal('blnk-gateway').toString('base64'))
  try {
    seal.open(Buffer.from(probe, 'base64'))
  } catch (error) {
    throw new SettingError("BLNK_ENCRYPTION_KEY is not the key that this database's secrets were sealed with: start with that one", { cause: error })
  }
}

async function defaultSandbox (tx: Queryable, instances: InstanceStore, config: Config): Promise<string> {
  const known = await fact(tx, 'default_sandbox')
  const wanted = config.instanceId ?? known
  const present = wanted === null ? undefined : (await instances.all()).find((one) => one.instanceId === wanted)
  if (present !== undefined) {
    if (present.kind !== 'sandbox') throw new SettingError(`BLNK_INSTANCE_ID names ${present.instanceId}, which is a real Core and not a sandbox: choose another id`)
    if (config.sandboxCoreKey !== undefined && present.coreKey !== config.sandboxCoreKey) await instances.update({ ...present, coreKey: config.sandboxCoreKey })
    if (known !== present.instanceId) await setFact(tx, 'default_sandbox', present.instanceId)
    return present.instanceId
  }
  const instanceId = config.instanceId ?? newId('inst')
  await instances.insert({
    instanceId,
    name: 'Sandbox',
    kind: 'sandbox',
    coreUrl: null,
    coreKey: config.sandboxCoreKey ?? newSecret(),
    databaseUrl: null,
    coreCa: null,
    sandboxSchema: await instances.takeSandboxSchema()
  })
  await setFact(tx, 'default_sandbox', instanceId)
  return instanceId
}

function readCa (file: string | undefined): string | null {
  if (file === undefined) return null
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new SettingError(`CORE_CA names a file that cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`, { cause: error })
  }
}

async function realCore (instances: InstanceStore, config: Config): Promise<string> {
  const instanceId = config.coreInstanceId
  try {
    checkUrls({ core_url: config.coreUrl ?? null })
  } catch (error) {
    throw new SettingError(`CORE_URL is not usable: ${(error as Error).message}`, { cause: error })
  }
  const present = (await instances.all()).find((one) => one.instanceId === instanceId)
  if (present?.kind === 'sandbox') throw new SettingError(`CORE_INSTANCE_ID names ${instanceId}, which is a sandbox: choose another id`)
  const wanted = { coreUrl: config.coreUrl ?? null, coreKey: config.coreKey ?? null, coreCa: readCa(config.coreCa) }
  if (present === undefined) await instances.insert({ instanceId, name: 'Core', kind: 'core', databaseUrl: null, sandboxSchema: null, ...wanted })
  else await instances.update({ ...present, ...wanted })
  return instanceId
}

/** With a server no key is made by itself: every replica would print it into its log. */
async function firstKey (tx: Queryable, config: Config, shared: boolean): Promise<{ apiKey: string | null, apiKeyIsNew: boolean }> {
  const keys = createKeyStore(tx)
  if (config.apiKey !== undefined) {
    await assertUsable(tx, hashKey(config.apiKey))
    const { rowCount } = await tx.query('SELECT 1 FROM gateway.api_keys WHERE former_hash = $1', [hashKey(config.apiKey)])
    if (rowCount === 0) await makeKey(keys, { name: 'Preset by BLNK_API_KEY', scopes: ['*'], preset: config.apiKey })
    return { apiKey: config.apiKey, apiKeyIsNew: false }
  }
  if (shared || await fact(tx, 'first_key_made') !== null) return { apiKey: null, apiKeyIsNew: false }
  const { secret } = await makeKey(keys, { name: 'Made on the first start', scopes: ['*'] })
  await setFact(tx, 'first_key_made', 'true')
  return { apiKey: secret, apiKeyIsNew: true }
}

/** A preset does not bring a revoked key back to life, nor a secret that was rotated. */
async function assertUsable (tx: Queryable, hash: Buffer): Promise<void> {
  const { rows } = await tx.query<{ revoked: boolean }>('SELECT revoked_at IS NOT NULL AS revoked FROM gateway.api_keys WHERE hash = $1 OR former_hash = $1 AND former_until > now()', [hash])
  if (rows[0]?.revoked === true) throw new SettingError('BLNK_API_KEY is a key that was revoked: choose another')
  if (rows[0] !== undefined) return
  const { rowCount } = await tx.query('SELECT 1 FROM gateway.retired_secrets WHERE hash = $1', [hash])
  if (rowCount > 0) throw new SettingError('BLNK_API_KEY is the secret of a key before it was rotated: set the new one, or leave it out')
}
