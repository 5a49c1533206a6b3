import { expect, test } from 'vitest'
import type { KeyRecord } from '../../src/auth/store.js'
import { readConfig } from '../../src/config.js'
import type { FileInstance, FileKey, FileObjects } from '../../src/config-file/check.js'
import { takeUp } from '../../src/config-file/live.js'
import { planObjects, type Plan, type Present } from '../../src/config-file/plan.js'
import type { Instance } from '../../src/instances/store.js'

const hashOf = (digit: string): Buffer => Buffer.from(digit.repeat(64), 'hex')

const instance = (instanceId: string, more: Partial<FileInstance> = {}): FileInstance => ({ instanceId, name: instanceId, sandbox: false, coreUrl: 'http://h', coreKey: 'k', databaseUrl: null, coreCa: null, ...more })
const key = (name: string, digit: string, more: Partial<FileKey> = {}): FileKey => ({ name, hash: hashOf(digit), prefix: `sha256:${digit}`, scopes: ['*'], instanceId: null, addresses: null, expiresAt: null, ...more })
const file = (instances: readonly FileInstance[], keys: readonly FileKey[] = []): FileObjects => ({ instances, keys, place: (path) => `f: ${path.join('.')}` })

const storedInstance = (instanceId: string, managedBy: 'file' | null = 'file', more: Partial<Instance> = {}): Instance => {
  const { sandbox, ...members } = instance(instanceId)
  return { ...members, kind: sandbox ? 'sandbox' : 'core', sandboxSchema: null, managedBy, createdAt: '', updatedAt: '', ...more }
}
const storedKey = (name: string, digit: string, managedBy: 'file' | null = 'file', more: Partial<KeyRecord> = {}): readonly [Buffer, KeyRecord] => [hashOf(digit), {
  id: `key_${digit}`, api_key_prefix: `sha256:${digit}`, name, scopes: ['*'], kind: 'api', instance_id: null, addresses: null, managed_by: managedBy, created_at: '', expires_at: null, last_used_at: null, revoked_at: null, ...more
} as KeyRecord]
const present = (instances: readonly Instance[], keys: Present['keys'] = [], more: Partial<Present> = {}): Present => ({ instances, keys, reserved: new Map(), preset: undefined, retired: new Set(), ...more })
const told = ({ changes, problems }: Plan): unknown[] => [...changes.map(({ kind, name, id, change, members }) => [kind, name, id, change, members]), ...problems]

test('what is there is left as it is', () => {
  const expires = { expiresAt: '2030-01-01T00:00:00.000Z' }
  expect(told(planObjects(file([instance('a')], [key('ci', '1', { ...expires, instanceId: 'a' })]), present([storedInstance('a')], [storedKey('ci', '1', 'file', { expires_at: '2030-01-01T00:00:00.000Z', instance_id: 'a' })])))).toEqual([])
})

test('what is new is made, what differs changed, what is gone removed, and what the file never made is left alone', () => {
  const plan = planObjects(
    file([instance('a', { coreKey: 'other' }), instance('new')], [key('ci', '2'), key('fresh', '5')]),
    present([storedInstance('a'), storedInstance('gone'), storedInstance('foreign', null)], [storedKey('ci', '1'), storedKey('gone', '3'), storedKey('old', '4', 'file', { revoked_at: 'x' })])
  )
  expect(told(plan)).toEqual([
    ['instance', 'a', 'a', 'updated', ['core_key']], ['instance', 'new', undefined, 'created', undefined], ['instance', 'gone', 'gone', 'removed', undefined],
    // The id stays while the secret changes.
    ['key', 'ci', 'key_1', 'updated', ['hash']], ['key', 'fresh', undefined, 'created', undefined], ['key', 'gone', 'key_3', 'removed', undefined]
  ])
  expect(JSON.stringify(plan.changes)).not.toContain('other')
})

test('a key is known by its hash under a new name, and comes back when the file has it again', () => {
  expect(told(planObjects(file([], [key('renamed', '1')]), present([], [storedKey('ci', '1')])))).toEqual([['key', 'renamed', 'key_1', 'updated', ['name']]])
  expect(told(planObjects(file([], [key('ci', '1')]), present([], [storedKey('ci', '1', 'file', { revoked_at: 'x' })])))).toEqual([['key', 'ci', 'key_1', 'updated', ['revoked']]])
  expect(told(planObjects(file([], [key('a', '2'), key('b', '1')]), present([], [storedKey('a', '1'), storedKey('b', '2')])))).toEqual([['key', 'a', 'key_2', 'updated', ['name']], ['key', 'b', 'key_1', 'updated', ['name']]])
})

test('what the admin API made is adopted with its id', () => {
  expect(told(planObjects(file([instance('a')], [key('ci', '1')]), present([storedInstance('a', null)], [storedKey('made there', '1', null)])))).toEqual([
    ['instance', 'a', 'a', 'adopted', undefined], ['key', 'ci', 'key_1', 'adopted', ['name']]
  ])
})

test.each<[string, FileObjects, Present, string]>([
  ['an instance that a setting makes', file([instance('inst_core')]), present([], [], { reserved: new Map([['inst_core', 'CORE_URL']]) }), 'f: instances.inst_core: this is the id of the instance that CORE_URL makes: choose another, or leave it out here'],
  ['a sandbox that is a real Core', file([instance('a', { sandbox: true })]), present([storedInstance('a')]), 'f: instances.a: there is a real Core of this id: remove it first, or choose another id'],
  ['a key of an instance that is not there', file([instance('production')], [key('ci', '1', { instanceId: 'prodution' })]), present([]), 'f: keys.ci.instance: there is no instance "prodution": did you mean "production"?'],
  ['a key of an instance that the file no longer has', file([], [key('ci', '1', { instanceId: 'a' })]), present([storedInstance('a')]), 'f: keys.ci.instance: there is no instance "a": there are none'],
  ['a key that was revoked', file([], [key('ci', '1')]), present([], [storedKey('x', '1', null, { revoked_at: 'x' })]), 'f: keys.ci: this key was revoked through the admin API: choose another'],
  ['a key that was rotated away', file([], [key('ci', '1')]), present([], [], { retired: new Set(['1'.repeat(64)]) }), 'f: keys.ci: this key was rotated away through the admin API: choose another'],
  ['the preset key', file([], [key('ci', '1')]), present([], [], { preset: hashOf('1') }), 'f: keys.ci: this is the key of BLNK_API_KEY: leave one of them out']
])('%s is refused', (_what, wanted, there, sentence) => {
  expect(planObjects(wanted, there).problems).toEqual([sentence])
})

test('of the settings, some are in force at once and the rest after a restart', () => {
  const before = readConfig({})
  const after = takeUp(before, readConfig({ PROXY_ROUTES: 'any', LOG_LEVEL: 'debug', PORT: '1', FAULTS: 'on' }))
  expect([after.changed, after.waiting]).toEqual([['LOG_LEVEL', 'PROXY_ROUTES'], ['PORT', 'FAULTS']])
  expect(after.config).toEqual({ ...before, proxyRoutes: 'any', logLevel: 'debug' })
})
