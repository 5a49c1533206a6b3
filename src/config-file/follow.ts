import type { Config } from '../config.js'
import type { Rooms } from '../gateway/rooms.js'
import type { Seal } from '../instances/seal.js'
import { inTurn } from '../lib/in-turn.js'
import type { Database } from '../lib/postgres.js'
import { applyObjects, type Applied } from './apply.js'
import { takeUp } from './live.js'
import { ConfigFileError, type ConfigFile } from './load.js'
import type { Change } from './plan.js'
import { watchFiles } from './watch.js'

/** Milliseconds until a file that the database did not take is tried again. */
const AGAIN_MS = 5_000

export interface Following {
  /** Brings the database to the file of the start, before anything is loaded from it. @throws ConfigFileError */
  begin (): Promise<void>
  /** Begins the sandboxes of the file, and watches it from now on. @throws SeedError */
  watch (): Promise<void>
  /** Reads the file again. What is wrong is logged, and nothing is changed. */
  reload (): Promise<void>
  /** Brings the database back to the file, after it was brought back to what it was at the start. */
  restore (): Promise<void>
  close (): Promise<void>
}

export interface FollowOptions {
  readonly rooms: Pick<Rooms, 'config' | 'log' | 'instances' | 'opened' | 'audit'>
  readonly db: Database
  readonly seal: Seal
  /** Puts what is in force in the place of what was. */
  readonly take: (config: Config) => void
}

const counted = (changes: readonly Change[]): string => {
  const counts = new Map<string, number>()
  for (const { kind, change } of changes) counts.set(`${kind} ${change}`, (counts.get(`${kind} ${change}`) ?? 0) + 1)
  return [...counts].map(([what, count]) => `${count} ${count === 1 ? what : what.replace(' ', 's ')}`).join(', ')
}

const ACTS = { created: 'created', updated: 'updated', adopted: 'updated', removed: 'deleted' } as const

/** In the words of the admin API's acts. */
const actionOf = ({ kind, change }: Change): string => kind === 'instance' ? `Instance ${ACTS[change]}` : `API key ${change === 'removed' ? 'revoked' : ACTS[change]}`

/** Keeps a running gateway at what its configuration file says; undefined where it has none. */
export function followFile ({ rooms, db, seal, take }: FollowOptions): Following | undefined {
  if (rooms.config.file === undefined) return undefined
  const { log } = rooms
  const { path } = rooms.config.file
  let watched = rooms.config.file.watched
  let lastSaid: string | undefined
  let retry: NodeJS.Timeout | undefined
  let unwatch = (): void => {}
  let begun: Applied | undefined

  const say = (error: unknown): void => {
    const isOfFile = error instanceof ConfigFileError
    if (isOfFile) watched = [...new Set([...watched, ...error.watched])]
    else retry = setTimeout(() => { reload().catch(() => {}) }, AGAIN_MS).unref()
    const sentence = isOfFile ? error.message : `${path} could not be taken up: ${(error as Error).message}`
    if (sentence !== lastSaid) rooms.audit?.act({ ...by, action: 'Configuration refused', entityKind: 'configuration', entityId: path, outcome: 'refused' })
    if (sentence !== lastSaid) log.error(isOfFile ? { config_problems: error.problems } : { err: error }, `${sentence}: the last good configuration stays`)
    lastSaid = sentence
  }

  const by = { actor: { kind: 'gateway', name: path }, route: 'config file' } as const
  function writeDown ({ changes }: Applied, settings: readonly string[]): void {
    for (const one of changes) rooms.audit?.act({ ...by, action: actionOf(one), entityKind: one.kind === 'key' ? 'api_key' : 'instance', entityId: one.id ?? one.name, outcome: 'done' })
    for (const name of settings) rooms.audit?.act({ ...by, action: 'Setting changed', entityKind: 'configuration', entityId: name, outcome: 'done' })
  }

  /** What is left to do once the database has it. */
  async function settle ({ changes, made, gone }: Applied): Promise<void> {
    const { changed, seeding, sandbox } = rooms.opened
    if (changes.length === 0) return
    await changed('instances')
    await changed('keys')
    await Promise.all(gone.map(async (schema) => { await sandbox?.drop(schema) }))
    for (const id of made) {
      const one = rooms.instances.find(id)
      if (one !== undefined) await seeding?.begin(one)
    }
  }

  const reload = inTurn(async () => {
    clearTimeout(retry)
    try {
      const current = rooms.config
      const { config, changed, waiting } = takeUp(current, (current.file as ConfigFile).again())
      const file = config.file as ConfigFile
      const applied = await applyObjects({ db, seal }, file, config)
      watched = file.watched
      lastSaid = undefined
      log.level = config.logLevel
      take(config)
      writeDown(applied, changed)
      const what = [counted(applied.changes), ...changed.map((name) => `${name} changed`)].filter((one) => one !== '')
      if (what.length > 0) log.info({ config_changes: { objects: applied.changes, settings: changed } }, `${path} was read: ${what.join(', ')}`)
      if (waiting.length > 0) log.warn({ config_waiting: waiting }, `${path}: ${waiting.join(', ')} ${waiting.length === 1 ? 'stays as it is' : 'stay as they are'} until a restart`)
      await settle(applied)
    } catch (error) {
      say(error)
    }
  })

  return {
    async begin () {
      begun = await applyObjects({ db, seal }, rooms.config.file as ConfigFile, rooms.config)
      if (begun.changes.length > 0) log.info({ config_changes: { objects: begun.changes } }, `${path} was read: ${counted(begun.changes)}`)
    },
    async watch () {
      if (begun !== undefined) {
        writeDown(begun, [])
        await settle(begun)
      }
      unwatch = watchFiles(() => watched, () => { reload().catch(() => {}) })
    },
    reload,
    async restore () { await applyObjects({ db, seal }, rooms.config.file as ConfigFile, rooms.config) },
    async close () {
      unwatch()
      clearTimeout(retry)
    }
  }
}
