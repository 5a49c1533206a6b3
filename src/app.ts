import { createHash } from 'node:crypto'
import { resolve } from 'node:path'
import type { Server } from 'node:tls'
import type { Logger } from 'pino'
import { adminRows, alertsRows, dataRows, documentRows, healthRows, loginRows, metricsRows, notBuiltRows, oauthRows, openMetricsRows, proxyRows } from '../routes/index.js'
import { recoverInstalls, recoverNowAndThen } from './apps/recover.js'
import { openAudit } from './audit/audit.js'
import { Credentials } from './auth/credentials.js'
import { followFile, type Following } from './config-file/follow.js'
import { isLoopback, SettingError, type Config } from './config.js'
import { GatewayError } from './errors.js'
import { firstStart } from './first-start.js'
import { Faults } from './gateway/faults.js'
import { openHttps, type Https } from './gateway/https.js'
import { listenOn } from './gateway/listen.js'
import { createRequestLog } from './gateway/log.js'
import { createMemory, keepLastUse } from './gateway/memory.js'
import type { Opened, Rooms } from './gateway/rooms.js'
import type { Upstream } from './gateway/row.js'
import { createServer } from './gateway/server.js'
import { Instances } from './instances/registry.js'
import { createSeal } from './instances/seal.js'
import type { Instance } from './instances/store.js'
import { newSecret } from './lib/ids.js'
import type { PostgresAddress } from './lib/postgres.js'
import { VERSION } from './lib/version.js'
import { Attempts } from './login/attempts.js'
import type { Limits } from './limits/gate.js'
import { createMetrics } from './metrics/metrics.js'
import { AccessTokens } from './oauth/access-tokens.js'
import { sweepNowAndThen } from './lib/sweep.js'
import { createDispatcher } from './proxy/dispatcher.js'
import { openStores } from './open-stores.js'
import { Turns } from './proxy/turns.js'
import { createRecorder } from './requests/recorder.js'
import { RequestRing } from './requests/ring.js'
import { startSandbox, type SandboxThread } from './sandbox/thread.js'
import { asSetting, readableSeed } from './seed/at-start.js'
import { createSeeding } from './seed/seeding.js'
import { readVersions, watchChanges } from './store/changes.js'
import { ALWAYS_FRESH, createFreshness, unlessGone } from './store/freshness.js'
import { lockDataDir } from './store/lock.js'
import { openStore, type Store } from './store/open.js'
import { keptEncryptionKey, keptSecret, makePrivateDir, writeSecret } from './store/secrets.js'
import { createSnapshot } from './store/snapshot.js'
import type { Tracing } from './tracing/otlp.js'

/** Milliseconds that a collector of traces is given at the stop: less than what ends the process. */
const MOST_FLUSH_MS = 5_000

/** What a start has to tell; secrets in clear, for `--json` and the test helper. */
export interface Started {
  readonly url: string
  /** null when there is no admin API on any address */
  readonly adminUrl: string | null
  /** A file with the authority to trust, where the certificate is of our own making. */
  readonly ca: string | null
  /** A file with the certificate, where the gateway speaks https and it is in one. */
  readonly certificate: string | null
  readonly apiKey: string | null
  readonly apiKeyIsNew: boolean
  readonly adminToken: string
  readonly instanceId: string | null
  readonly sandboxCoreUrl: string | null
  readonly sandboxCoreKey: string | null
  /** The gateway's own database. */
  readonly database: PostgresAddress
}

export interface App {
  /** Listens, answering 503 until everything is open. @returns the base URL */
  listen(): Promise<string>
  /** Settles when the database and the sandbox answer. */
  readonly started: Promise<Started>
  /** Settles when a part that cannot be done without stopped by itself. */
  readonly died: Promise<Error>
  /** Reads TLS_CERT, TLS_KEY and the configuration file again, and opens the file of AUDIT_STREAM anew. */
  reload(): void
  /** Brings keys, instances, apps, alerts and the sandboxes' ledgers back to what they were just after the start: empty, or the seed. */
  reset(): Promise<void>
  /** Stops accepting, lets running requests end within SHUTDOWN_TIMEOUT_MS, and flushes. */
  close(): Promise<void>
}

export interface BuildOptions {
  /** In place of the file of SEED. */
  readonly seed?: string | object | undefined
  /** Whether reset() will be asked for: what it brings back is kept in memory, alerts of which there may be any number too. */
  readonly resets?: boolean
}

/** @throws SettingError, DataDirError */
export function buildApp (config: Config, log: Logger, { seed = config.seed, resets = false }: BuildOptions = {}): App {
  const source = readableSeed(seed)
  const dataDir = config.ephemeral || config.databaseUrl !== undefined ? null : resolve(config.dataDir)
  if (dataDir !== null) makePrivateDir(dataDir)
  const lock = dataDir === null ? undefined : lockDataDir(dataDir)
  const adminToken = config.adminToken ?? keptSecret(dataDir, 'admin-token', newSecret)
  const encryptionKey = config.encryptionKey ?? keptEncryptionKey(dataDir)
  const seal = createSeal(encryptionKey)

  let inForce = config
  let following: Following | undefined
  let opened: Opened | undefined
  let store: Store | undefined
  let sandbox: SandboxThread | undefined
  let https: Https | undefined
  const closers: Array<() => Promise<void>> = []
  const warn = (error: Error): void => { log.warn({ err: error }, error.message) }

  const freshness = config.databaseUrl === undefined ? ALWAYS_FRESH : createFreshness(config.staleCredentialsMax * 1_000, log)
  const unheard = unlessGone(freshness, log)
  const connect = (instance: Instance): Upstream | undefined => {
    const url = instance.kind === 'sandbox' ? sandbox?.url : instance.coreUrl
    if (url == null) return undefined
    const { origin, pathname } = new URL(url)
    return {
      origin,
      basePath: pathname.replace(/\/+$/, ''),
      key: instance.coreKey ?? undefined,
      dispatcher: createDispatcher({ origin, ca: instance.coreCa ?? undefined, config }),
      turns: new Turns({ most: config.coreConnections, mostWaiting: config.coreQueue, waitMs: config.coreQueueTimeoutMs })
    }
  }
  const instances = new Instances(connect)
  const metrics = createMetrics({
    version: VERSION,
    instances,
    database: async () => await rooms.opened.ping().then(() => true),
    sandbox: () => opened?.sandbox?.health()
  })
  let tracing: Tracing | undefined
  const accessTokens = new AccessTokens()
  const requests = config.requestLog ? new RequestRing() : undefined
  const tokenKinds: Array<Rooms['tokenKinds'][number]> = [accessTokens]
  let limits: Limits | undefined
  const gates: Array<Rooms['gates'][number]> = []
  const audit = openAudit(config, log)
  const rooms: Rooms = {
    get config () { return inForce },
    log,
    credentials: new Credentials(),
    instances,
    faults: config.faults ? new Faults() : undefined,
    adminToken: createHash('sha256').update(adminToken).digest(),
    attempts: new Attempts(),
    accessTokens,
    tokenKinds,
    gates,
    get redis () { return limits?.redis },
    observers: [
      createRequestLog(log), metrics.observer, { watch: (request, row) => tracing?.observer.watch?.(request, row) },
      ...(requests === undefined ? [] : [createRecorder(requests, config.requestLogBodies)]), ...(audit === undefined ? [] : [audit.observer])
    ],
    metrics,
    requests,
    audit,
    freshness,
    get isOpen () { return opened !== undefined },
    get opened () {
      if (opened === undefined) throw new GatewayError('GATEWAY_NOT_READY', { headers: { 'Retry-After': '1' } })
      return opened
    }
  }

  const adminOnMain = config.adminPort === undefined && isLoopback(config.host)
  const main = createServer([...proxyRows, ...dataRows, ...alertsRows, ...healthRows, ...(config.docs ? documentRows : []), ...loginRows, ...oauthRows, ...metricsRows, ...notBuiltRows, ...(adminOnMain ? adminRows : [])], rooms)
  const admin = config.adminPort === undefined ? undefined : createServer([...healthRows, ...openMetricsRows, ...adminRows], rooms)

  const startSandboxOf = async ({ address }: Store): Promise<SandboxThread> => await startSandbox({ database: address, host: '127.0.0.1', port: config.sandboxPort, logLevel: 'warn', uploadHosts: config.sandboxUploadHosts })
    .catch((error: NodeJS.ErrnoException) => {
      throw error.code === 'EADDRINUSE' ? new SettingError(`SANDBOX_PORT ${config.sandboxPort} is in use: stop what listens there, or choose another`) : error
    })

  async function startTraces (): Promise<void> {
    const url = config.tracesUrl ?? (config.otlpUrl === undefined ? undefined : `${config.otlpUrl.replace(/\/+$/, '')}/v1/traces`)
    if (url === undefined) return
    // Two hundred files that nobody else needs.
    const { startTracing } = await import('./tracing/otlp.js')
    tracing = startTracing({ url, service: config.serviceName, version: VERSION, flushMs: Math.min(config.shutdownTimeoutMs, MOST_FLUSH_MS), log })
    closers.push(tracing.close)
  }

  async function startJwt (): Promise<void> {
    if (config.jwtIssuer === undefined) return
    const { openJwt } = await import('./jwt/token-kind.js')
    tokenKinds.push(await openJwt(config, log))
  }

  async function startLimits (): Promise<void> {
    if (![config.rateLimitCredential, config.rateLimitInstance, config.rateLimitFailedAuth].some((limit) => limit !== undefined)) return
    const { openLimits } = await import('./limits/gate.js')
    limits = await openLimits(config, log)
    gates.push(limits.gate)
  }

  async function open (url: string, adminUrl: string | null): Promise<Started> {
    store = openStore({ databaseUrl: config.databaseUrl, dataDir, connections: config.databaseConnections, onError: unheard })
    const { db, shared } = store
    const starting = config.sandbox ? startSandboxOf(store) : undefined
    starting?.catch(() => {})
    await store.ready
    const found = await firstStart(store, config, seal)
    following = followFile({ rooms, db, seal, take: (next) => { inForce = next } })
    await following?.begin()
    sandbox = await starting
    const stores = { ...openStores({ store, config, seal, encryptionKey, instances, log }), sandbox }
    closers.push(stores.sources.close)
    const { load, refresh } = createMemory(rooms, stores, async () => await readVersions(db))
    const recover = async (alone: boolean): Promise<void> => { if (await recoverInstalls(stores.appStore, rooms, { alone }) > 0) await load('keys') }
    await recover(!shared)
    if (!shared) await stores.idempotency.lapseAll()
    await load('instances')
    await load('keys')
    accessTokens.open(stores.oauthTokens.find)
    audit?.open(stores.auditStore, config.auditRetentionDays)
    if (audit !== undefined) closers.push(audit.close)
    closers.push(recoverNowAndThen(async () => { await recover(false) }, unheard), keepLastUse(rooms, stores, unheard), sweepNowAndThen(async () => { await Promise.all([stores.oauthTokens.sweep(), stores.idempotency.sweep()]) }, unheard))
    if (shared) closers.push(watchChanges({ db, refresh, freshness }).close)
    if (resets) snapshot = await createSnapshot(db, { keepsAudit: !config.ephemeral })
    // The other replicas are told by the database itself.
    const changed: Opened['changed'] = load
    const seeding = sandbox === undefined ? undefined : createSeeding({ db, shared, sandbox, source, log, restore: async () => { await changed('instances') } })
    const first = found.instanceId === null ? undefined : rooms.instances.find(found.instanceId)
    const defaultSandbox = first?.instance.kind === 'sandbox' ? first.instance.instanceId : null
    if (first !== undefined && defaultSandbox !== null) await seeding?.begin(first).catch(asSetting)
    opened = { ...stores, seeding, defaultSandbox, url, ping: async () => { await db.query('SELECT 1') }, changed }
    await following?.watch().catch(asSetting)
    const key = first?.instance
    const sandboxCoreKey = sandbox !== undefined && key?.kind === 'sandbox' ? key.coreKey : null
    if (dataDir !== null && sandboxCoreKey !== null) writeSecret(dataDir, 'sandbox-core-key', sandboxCoreKey)
    return { ...found, url, adminUrl, ca: https?.ca ?? null, certificate: https?.certificate ?? null, adminToken, sandboxCoreUrl: sandbox?.url ?? null, sandboxCoreKey, database: store.address }
  }

  let snapshot = async (): Promise<void> => { throw new Error('this gateway was not started to be reset') }
  let opening = false
  let settle: { resolve(started: Started): void, reject(error: unknown): void }
  const started = new Promise<Started>((resolve, reject) => { settle = { resolve, reject } })
  started.catch(() => {})
  const died = started.then(async () => await Promise.race([store?.died, sandbox?.died, lock?.lost].filter((one) => one !== undefined)), async () => await new Promise<Error>(() => {}))

  return {
    started,
    died,
    async listen () {
      await startTraces()
      await startJwt()
      await startLimits()
      // Last: what a limit refuses is no intent.
      gates.push(...audit?.gates ?? [])
      https = await openHttps(config, dataDir, log)
      for (const server of [main, admin]) if (server !== undefined) https?.serve(server.server as unknown as Server)
      const url = await listenOn(main, config.host, config.port)
      const adminUrl = admin === undefined ? (adminOnMain ? url : null) : await listenOn(admin, config.adminHost, config.adminPort as number)
      opening = true
      open(url, adminUrl).then(settle.resolve, settle.reject)
      return url
    },
    reload () {
      https?.reload()
      audit?.reopenStream()
      following?.reload().catch(warn)
    },
    async reset () {
      await started
      // A wrong seed is found before anything is lost.
      source?.()
      await audit?.flush()
      await snapshot()
      await following?.restore()
      rooms.faults?.clearAll()
      requests?.clear()
      const schemas = rooms.instances.all().flatMap(({ instance }) => instance.sandboxSchema ?? [])
      await rooms.opened.changed('instances')
      await rooms.opened.changed('keys')
      await rooms.opened.changed('tokens')
      const kept = rooms.instances.all().filter(({ instance }) => instance.sandboxSchema !== null)
      const gone = schemas.filter((schema) => !kept.some(({ instance }) => instance.sandboxSchema === schema))
      await Promise.all([...gone.map(async (schema) => { await sandbox?.drop(schema) }), ...kept.map(async (one) => { await rooms.opened.seeding?.reset(one, null) })])
    },
    async close () {
      // Those who follow it would be waited for.
      requests?.close()
      const servers = [main, admin].filter((one) => one !== undefined)
      const late = setTimeout(() => { for (const server of servers) server.server.closeAllConnections() }, config.shutdownTimeoutMs)
      await Promise.all(servers.map(async (server) => { await server.close() }))
      clearTimeout(late)
      https?.close()
      if (opening) await started.catch(() => {})
      await following?.close()
      opened = undefined
      for (const close of closers) await close().catch(warn)
      limits?.close()
      await rooms.instances.close()
      await sandbox?.close()
      await store?.close()
      lock?.release()
    }
  }
}
