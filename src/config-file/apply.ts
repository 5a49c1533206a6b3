import { hashKey } from '../auth/credentials.js'
import { createKeyStore } from '../auth/store.js'
import type { Config } from '../config.js'
import type { Seal } from '../instances/seal.js'
import { createInstanceStore, type Instance, type InstanceStore } from '../instances/store.js'
import { newId, newSecret } from '../lib/ids.js'
import type { Database, Queryable } from '../lib/postgres.js'
import type { FileInstance } from './check.js'
import { ConfigFileError, type ConfigFile } from './load.js'
import { planObjects, type Change } from './plan.js'

/** What was done, and what is left to do outside the database. */
export interface Applied {
  readonly changes: readonly Change[]
  /** Ids of sandboxes that were made. */
  readonly made: readonly string[]
  /** Schemas of sandboxes that were removed. */
  readonly gone: readonly string[]
}

/** Instances that the start makes by itself. */
async function reservedIds (tx: Queryable, config: Config): Promise<ReadonlyMap<string, string>> {
  const { rows } = await tx.query<{ value: string }>("SELECT value FROM gateway.facts WHERE name = 'default_sandbox'")
  return new Map([
    ...(config.sandbox ? rows.map(({ value }) => [value, 'SANDBOX'] as const) : []),
    ...(config.coreUrl === undefined ? [] : [[config.coreInstanceId, 'CORE_URL'] as const])
  ])
}

async function retiredOf (tx: Queryable, hashes: readonly Buffer[]): Promise<ReadonlySet<string>> {
  const { rows } = await tx.query<{ hash: Buffer }>('SELECT hash FROM gateway.retired_secrets WHERE hash = ANY($1)', [hashes])
  return new Set(rows.map(({ hash }) => hash.toString('hex')))
}

async function putInstance (store: InstanceStore, wanted: FileInstance, old: Instance | undefined): Promise<void> {
  const { sandbox, ...members } = wanted
  if (old === undefined) {
    await store.insert({ ...members, kind: sandbox ? 'sandbox' : 'core', managedBy: 'file', ...(sandbox ? { coreKey: newSecret(), sandboxSchema: await store.takeSandboxSchema() } : { sandboxSchema: null }) })
  } else {
    await store.update({ ...old, ...(sandbox ? { name: wanted.name } : members), managedBy: 'file' })
  }
}

/**
 * Brings the database to what the file says, in one transaction under the lock of the first start: whole or not at all,
 * and by several replicas at once as by one.
 * @throws ConfigFileError where the file contradicts what is there
 */
export async function applyObjects ({ db, seal }: { db: Database, seal: Seal }, { path, objects }: ConfigFile, config: Config): Promise<Applied> {
  return await db.transaction(async (tx) => {
    await tx.query("SELECT pg_advisory_xact_lock(hashtextextended('blnk-gateway first start', 0))")
    const instances = createInstanceStore(tx, seal)
    const keys = createKeyStore(tx)
    const sandboxOff = config.sandbox ? [] : objects.instances.filter(({ sandbox }) => sandbox)
    const hashes = objects.keys.map(({ hash }) => hash)
    const plan = planObjects(objects, {
      instances: await instances.all(),
      keys: await keys.ofFile(hashes),
      retired: await retiredOf(tx, hashes),
      reserved: await reservedIds(tx, config),
      preset: config.apiKey === undefined ? undefined : hashKey(config.apiKey)
    })
    const problems = [...sandboxOff.map(({ instanceId }) => `${objects.place(['instances', instanceId])}: the sandbox is off: start with SANDBOX=on`), ...plan.problems]
    if (problems.length > 0) throw new ConfigFileError(problems, path)
    const made = new Map(plan.putKeys.flatMap(({ wanted, old }) => old === undefined ? [[wanted.name, newId('key')] as const] : []))
    for (const { wanted, old } of plan.putInstances) await putInstance(instances, wanted, old)
    for (const { wanted, old } of plan.putKeys) await keys.putOfFile({ ...wanted, id: old?.id ?? made.get(wanted.name) as string, kind: 'api' })
    for (const { id } of plan.revokeKeys) await keys.revoke(id)
    // The keys bound to it go with it, as by the admin API.
    for (const { instanceId } of plan.removeInstances) await instances.remove(instanceId)
    return {
      changes: plan.changes.map((one) => ({ ...one, id: one.id ?? (one.kind === 'key' ? made.get(one.name) : one.name) })),
      made: plan.putInstances.flatMap(({ wanted, old }) => wanted.sandbox && old === undefined ? [wanted.instanceId] : []),
      gone: plan.removeInstances.flatMap(({ sandboxSchema }) => sandboxSchema ?? [])
    }
  })
}
