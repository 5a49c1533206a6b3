import type { Logger } from 'pino'
import { GatewayError } from '../errors.js'
import type { Instance } from '../instances/store.js'
import type { Queryable } from '../lib/postgres.js'
import { AddressError, type Bounds } from './address.js'
import { openConnections, type Connections, type Run } from './connections.js'
import { RESOURCES } from './resources.js'
import { createSource, type Source } from './source.js'
import { detailStatement } from './statements.js'

/** The schema of a Core's tables. */
const CORE_SCHEMA = 'blnk'
/** Of one database: sandboxes come and go, and what is known of a forgotten one is read again. */
const MOST_SOURCES = 200

export interface Sources {
  /** @throws GatewayError where the instance has no database */
  of(instance: Instance): Source
  /** Whether the instance has a record of this id. @throws GatewayError */
  has(instance: Instance, resource: 'balances' | 'transactions' | 'identities', id: string): Promise<boolean>
  /** Ends the connections to databases that no instance has any more. */
  closeUnused(): void
  close(): Promise<void>
}

export interface SourcesOptions {
  readonly bounds: Bounds
  /** Where the sandboxes are: the embedded database, or a server. */
  readonly sandboxes: { readonly db: Queryable } | { readonly url: string }
  /** Of all instances there are, the database URLs. */
  readonly urls: () => ReadonlySet<string>
  readonly log: Logger
}

interface Opened { readonly connections: Connections, readonly sources: Map<string, Source> }

/** The databases that the Data API reads, each with connections of its own that are opened when the first reader comes. */
export function openSources ({ bounds, sandboxes, urls, log }: SourcesOptions): Sources {
  const opened = new Map<string, Opened>()
  const embedded = new Map<string, Source>()
  const onError = (error: Error): void => { log.warn({ err: error }, 'a connection to the database of an instance was lost') }

  function openedOf (url: string): Opened {
    const known = opened.get(url)
    if (known !== undefined) return known
    const made = { connections: openConnections(url, bounds, onError), sources: new Map<string, Source>() }
    opened.set(url, made)
    return made
  }

  const sourceIn = (sources: Map<string, Source>, run: Run, schema: string): Source => {
    const source = sources.get(schema) ?? createSource(run, schema)
    // The last used comes last.
    sources.delete(schema)
    sources.set(schema, source)
    if (sources.size > MOST_SOURCES) sources.delete(sources.keys().next().value as string)
    return source
  }

  const sources: Sources = {
    async has (instance, name, id) { return (await sources.of(instance).read(RESOURCES[name], (from) => detailStatement(from, id))).length > 0 },
    of ({ kind, sandboxSchema, databaseUrl }) {
      if (kind === 'sandbox') {
        const schema = sandboxSchema as string
        if ('db' in sandboxes) return sourceIn(embedded, async (text, values) => (await sandboxes.db.query(text, values)).rows as never, schema)
        const { connections, sources: known } = openedOf(sandboxes.url)
        return sourceIn(known, connections.run, schema)
      }
      if (databaseUrl === null) throw new GatewayError('INSTANCE_WITHOUT_DATABASE')
      try {
        const { connections, sources: known } = openedOf(databaseUrl)
        return sourceIn(known, connections.run, CORE_SCHEMA)
      } catch (error) {
        throw error instanceof AddressError ? new GatewayError('INSTANCE_DATABASE_UNREACHABLE', { message: `The database_url of this instance cannot be used: ${error.message}`, cause: error }) : error
      }
    },
    closeUnused () {
      const wanted = urls()
      for (const [url, { connections }] of opened) {
        if (wanted.has(url) || ('url' in sandboxes && url === sandboxes.url)) continue
        opened.delete(url)
        connections.close().catch(onError)
      }
    },
    async close () {
      await Promise.all([...opened.values()].map(async ({ connections }) => { await connections.close() }))
    }
  }
  return sources
}
