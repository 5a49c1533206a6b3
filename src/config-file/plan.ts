import type { KeyRecord } from '../auth/store.js'
import type { Instance } from '../instances/store.js'
import { suggestion } from '../lib/nearest.js'
import type { FileInstance, FileKey, FileObjects } from './check.js'

/** What the database has of that which a file may speak of. */
export interface Present {
  readonly instances: readonly Instance[]
  readonly keys: ReadonlyArray<readonly [hash: Buffer, key: KeyRecord]>
  /** Ids of instances that settings make, and the setting to name. */
  readonly reserved: ReadonlyMap<string, string>
  /** SHA-256 of the key of BLNK_API_KEY */
  readonly preset: Buffer | undefined
  /** SHA-256 of secrets that were rotated away, in hexadecimal. */
  readonly retired: ReadonlySet<string>
}

/** For the log and the audit log: never a value. */
export interface Change {
  readonly kind: 'instance' | 'key'
  /** As the file names it. */
  readonly name: string
  readonly id: string | undefined
  /** `adopted`: made by the admin API, and from now on the file's. */
  readonly change: 'created' | 'updated' | 'adopted' | 'removed'
  /** Which members of it. */
  readonly members?: readonly string[]
}

export interface Plan {
  readonly problems: readonly string[]
  readonly putInstances: ReadonlyArray<{ readonly wanted: FileInstance, readonly old: Instance | undefined }>
  readonly removeInstances: readonly Instance[]
  readonly putKeys: ReadonlyArray<{ readonly wanted: FileKey, readonly old: KeyRecord | undefined }>
  readonly revokeKeys: readonly KeyRecord[]
  readonly changes: readonly Change[]
}

const isSame = (a: string | null, b: string | null): boolean => a === b

function changedMembers (wanted: FileInstance, old: Instance): string[] {
  const pairs: ReadonlyArray<readonly [string, string | null, string | null]> = [
    ['name', wanted.name, old.name],
    // A sandbox's are its own.
    ...(wanted.sandbox
      ? []
      : [['core_url', wanted.coreUrl, old.coreUrl], ['core_key', wanted.coreKey, old.coreKey], ['database_url', wanted.databaseUrl, old.databaseUrl], ['core_ca', wanted.coreCa, old.coreCa]] as const)
  ]
  return pairs.filter(([, a, b]) => !isSame(a, b)).map(([member]) => member)
}

const timeOf = (text: string | null): number | null => text === null ? null : Date.parse(text)

function changedKeyMembers (wanted: FileKey, old: KeyRecord, hash: Buffer): string[] {
  const same: Readonly<Record<string, boolean>> = {
    name: wanted.name === old.name,
    // Of a key that is given itself, more can be shown than of its hash.
    hash: wanted.hash.equals(hash) && wanted.prefix === old.api_key_prefix,
    scopes: wanted.scopes.join() === old.scopes.join(),
    instance: isSame(wanted.instanceId, old.instance_id),
    addresses: (wanted.addresses ?? ['any']).join() === (old.addresses ?? ['any']).join(),
    expires_at: timeOf(wanted.expiresAt) === timeOf(old.expires_at),
    revoked: old.revoked_at === null
  }
  return Object.keys(same).filter((member) => same[member] === false)
}

const changeOf = (kind: Change['kind'], name: string, { id, isOurs, members }: { id: string | undefined, isOurs: boolean, members: readonly string[] }): Change[] => {
  if (id === undefined) return [{ kind, name, id, change: 'created' }]
  if (isOurs && members.length === 0) return []
  return [{ kind, name, id, change: isOurs ? 'updated' : 'adopted', ...(members.length === 0 ? {} : { members }) }]
}

function planInstances ({ instances, place }: FileObjects, present: Present): Pick<Plan, 'problems' | 'putInstances' | 'removeInstances' | 'changes'> {
  const problems: string[] = []
  const byId = new Map(present.instances.map((one) => [one.instanceId, one]))
  const steps = instances.map((wanted) => {
    const id = wanted.instanceId
    const old = byId.get(id)
    const setting = present.reserved.get(id)
    if (setting !== undefined) problems.push(`${place(['instances', id])}: this is the id of the instance that ${setting} makes: choose another, or leave it out here`)
    else if (old !== undefined && (old.kind === 'sandbox') !== wanted.sandbox) problems.push(`${place(['instances', id])}: there is a ${old.kind === 'sandbox' ? 'sandbox' : 'real Core'} of this id: remove it first, or choose another id`)
    return { wanted, old, changes: changeOf('instance', id, { id: old?.instanceId, isOurs: old?.managedBy === 'file', members: old === undefined ? [] : changedMembers(wanted, old) }) }
  })
  const named = new Set(instances.map(({ instanceId }) => instanceId))
  const removeInstances = present.instances.filter(({ instanceId, managedBy }) => managedBy === 'file' && !named.has(instanceId))
  return {
    problems,
    putInstances: steps.filter(({ changes }) => changes.length > 0),
    removeInstances,
    changes: [...steps.flatMap(({ changes }) => changes), ...removeInstances.map(({ instanceId }) => ({ kind: 'instance', name: instanceId, id: instanceId, change: 'removed' } as const))]
  }
}

/** Why a key of the file cannot be. */
function keyProblem (wanted: FileKey, old: KeyRecord | undefined, { present, known, place }: { present: Present, known: readonly string[], place: FileObjects['place'] }): string[] {
  const path = ['keys', wanted.name]
  if (present.preset?.equals(wanted.hash) === true) return [`${place(path)}: this is the key of BLNK_API_KEY: leave one of them out`]
  if (present.retired.has(wanted.hash.toString('hex'))) return [`${place(path)}: this key was rotated away through the admin API: choose another`]
  if (old !== undefined && old.managed_by === null && old.revoked_at !== null) return [`${place(path)}: this key was revoked through the admin API: choose another`]
  if (wanted.instanceId !== null && !known.includes(wanted.instanceId)) return [`${place([...path, 'instance'])}: there is no instance ${JSON.stringify(wanted.instanceId)}: ${suggestion(wanted.instanceId, known)}`]
  return []
}

function planKeys ({ keys, place }: FileObjects, present: Present, known: readonly string[]): Pick<Plan, 'problems' | 'putKeys' | 'revokeKeys' | 'changes'> {
  const byHash = new Map(present.keys.map((one) => [one[0].toString('hex'), one]))
  const taken = new Set(keys.flatMap(({ hash }) => byHash.get(hash.toString('hex'))?.[1].id ?? []))
  // The same name with another secret is the same key, so that its id stays; a valid one before a revoked one.
  const byName = new Map(present.keys.filter(([, key]) => key.managed_by === 'file' && !taken.has(key.id))
    .sort(([, a], [, b]) => Number(a.revoked_at === null) - Number(b.revoked_at === null)).map((one) => [one[1].name, one]))
  const steps = keys.map((wanted) => {
    const [hash, old] = byHash.get(wanted.hash.toString('hex')) ?? byName.get(wanted.name) ?? []
    const members = old === undefined || hash === undefined ? [] : changedKeyMembers(wanted, old, hash)
    return { wanted, old, changes: changeOf('key', wanted.name, { id: old?.id, isOurs: old?.managed_by === 'file', members }) }
  })
  const kept = new Set(steps.flatMap(({ old }) => old?.id ?? []))
  const revokeKeys = present.keys.map(([, key]) => key).filter((key) => key.managed_by === 'file' && key.revoked_at === null && !kept.has(key.id))
  return {
    problems: steps.flatMap(({ wanted, old }) => keyProblem(wanted, old, { present, known, place })),
    putKeys: steps.filter(({ changes }) => changes.length > 0),
    revokeKeys,
    changes: [...steps.flatMap(({ changes }) => changes), ...revokeKeys.map(({ id, name }) => ({ kind: 'key', name, id, change: 'removed' } as const))]
  }
}

/** What is to be done for the database to have what the file says. What the file never made is left alone. */
export function planObjects (file: FileObjects, present: Present): Plan {
  const instances = planInstances(file, present)
  const gone = new Set(instances.removeInstances.map(({ instanceId }) => instanceId))
  const known = [...new Set([...file.instances, ...present.instances].map(({ instanceId }) => instanceId))].filter((id) => !gone.has(id))
  const keys = planKeys(file, present, known)
  return { ...instances, ...keys, problems: [...instances.problems, ...keys.problems], changes: [...instances.changes, ...keys.changes] }
}
