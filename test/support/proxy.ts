import { createHash } from 'node:crypto'
import { EventEmitter, once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import type { Server } from 'node:tls'
import { pino } from 'pino'
import type { Dispatcher } from 'undici'
import { onTestFinished } from 'vitest'
import { proxyRows } from '../../routes/index.js'
import { Credentials, hashKey, type TokenKind } from '../../src/auth/credentials.js'
import { readConfig } from '../../src/config.js'
import { createRequestLog } from '../../src/gateway/log.js'
import type { Gate } from '../../src/gateway/admit.js'
import type { Rooms } from '../../src/gateway/rooms.js'
import type { Observer } from '../../src/gateway/record.js'
import { openHttps } from '../../src/gateway/https.js'
import { createServer } from '../../src/gateway/server.js'
import { Attempts } from '../../src/login/attempts.js'
import { createAddressList } from '../../src/lib/address-list.js'
import { Instances } from '../../src/instances/registry.js'
import { createMetrics, type Metrics } from '../../src/metrics/metrics.js'
import { AccessTokens } from '../../src/oauth/access-tokens.js'
import { createDispatcher } from '../../src/proxy/dispatcher.js'
import { Turns } from '../../src/proxy/turns.js'
import { ALWAYS_FRESH } from '../../src/store/freshness.js'
import { keepSecrets, keepText } from './kept.js'
import { startUpstream, type Answerer, type Upstream } from './upstream.js'

export const KEY = 'blnk_test_key_that_is_long_enough_for_a_key'
export const INSTANCE = 'inst_1'
export const CORE_KEY = 'core-secret'

export interface Proxy {
  readonly url: string
  /** With TLS=self-signed, the authority to trust, in PEM. */
  readonly ca: string | undefined
  /** A request's first lines, without the empty one: request line, Host, Authorization, and what else is given. */
  head (method: string, path: string, ...fields: string[]): string
  /** What the gateway logged, as lines of JSON. */
  readonly logged: string[]
  /** Settles when a line like this has been logged. */
  said (pattern: RegExp): Promise<string>
  /** The callers' connections as the gateway has them, in order. */
  readonly accepted: Socket[]
  readonly metrics: Metrics
}

export interface ProxyOptions {
  /** By environment variable. */
  readonly settings?: Readonly<Record<string, string>>
  readonly coreCa?: string
  /** Such as `/base`. */
  readonly basePath?: string
  readonly observers?: readonly Observer[]
  readonly tokenKinds?: readonly TokenKind[]
  readonly gates?: readonly Gate[]
  /** More instances: id to the Core's origin. */
  readonly others?: Readonly<Record<string, string>>
  /** From where the key is taken. */
  readonly addresses?: readonly string[]
}

/**
 * The gateway's own server with the proxy's rows, one key and one instance, without a database. Closes itself with the
 * test.
 */
export async function startProxy (coreOrigin: string, { settings, coreCa, basePath = '', observers = [], tokenKinds = [], gates = [], addresses, others = {} }: ProxyOptions = {}): Promise<Proxy> {
  const config = readConfig({ EPHEMERAL: 'true', PORT: '0', ...settings })
  const logged: string[] = []
  const credentials = new Credentials()
  credentials.put(hashKey(KEY), { id: 'key_1', prefix: 'blnk_test', name: 'test', scopes: ['*'], instances: null, expiresAt: null, revokedAt: null, kind: 'api', ...(addresses !== undefined && { addresses: createAddressList(addresses) }) })
  const dispatchers: Dispatcher[] = []
  const instances = new Instances(({ coreUrl }) => {
    const origin = coreUrl as string
    const dispatcher = createDispatcher({ origin, ca: coreCa, config })
    dispatchers.push(dispatcher)
    const turns = new Turns({ most: config.coreConnections, mostWaiting: config.coreQueue, waitMs: config.coreQueueTimeoutMs })
    return { origin, basePath, key: CORE_KEY, dispatcher, turns }
  })
  const about = { name: 'test', kind: 'core', coreKey: CORE_KEY, databaseUrl: null, coreCa: coreCa ?? null, sandboxSchema: null, managedBy: null, createdAt: '', updatedAt: '' } as const
  instances.replaceAll(Object.entries({ [INSTANCE]: coreOrigin, ...others }).map(([instanceId, coreUrl]) => ({ instanceId, coreUrl, ...about })))
  const lines = new EventEmitter()
  const log = pino({ level: 'info', base: null }, {
    write (line: string) {
      logged.push(line)
      lines.emit('line')
    }
  })
  const said = async (pattern: RegExp): Promise<string> => {
    for (;;) {
      const line = logged.find((each) => pattern.test(each))
      if (line !== undefined) return line
      await once(lines, 'line')
    }
  }
  const metrics = createMetrics({ version: '0', instances, database: async () => true, sandbox: () => undefined })
  const rooms: Rooms = {
    faults: undefined,
    freshness: ALWAYS_FRESH,
    requests: undefined,
    audit: undefined,
    config,
    log,
    accessTokens: new AccessTokens(),
    tokenKinds,
    gates,
    redis: undefined,
    observers: [createRequestLog(log), metrics.observer, ...observers],
    metrics,
    credentials,
    instances,
    attempts: new Attempts(),
    adminToken: createHash('sha256').update('none').digest(),
    isOpen: true,
    get opened (): never { throw new Error('no database in this test') }
  }
  const app = createServer(proxyRows, rooms)
  const accepted: Socket[] = []
  app.server.on(config.tls === 'off' ? 'connection' : 'secureConnection', (socket) => { accepted.push(socket) })
  const https = await openHttps(config, null, rooms.log)
  https?.serve(app.server as unknown as Server)
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  onTestFinished(async () => {
    app.server.closeAllConnections()
    await app.close()
    https?.close()
    for (const dispatcher of dispatchers) await dispatcher.destroy()
    keepSecrets(KEY, CORE_KEY)
    keepText('log-of-proxies', logged.join(''))
  })
  return {
    url,
    ca: https?.ca == null ? undefined : readFileSync(https.ca, 'utf8'),
    logged,
    said,
    accepted,
    metrics,
    head (method, path, ...fields) {
      const target = `/proxy${path}${path.includes('?') ? '&' : '?'}instance_id=${INSTANCE}`
      return [`${method} ${target} HTTP/1.1`, 'Host: gateway.test', `Authorization: Bearer ${KEY}`, ...fields, ''].join('\r\n')
    }
  }
}

export interface ProxiedCore extends Proxy { readonly core: Upstream }

/** A recording Core and the gateway in front of it. */
export async function startBoth (answer: string | Buffer | Answerer, options: ProxyOptions = {}): Promise<ProxiedCore> {
  const core = await startUpstream(answer)
  onTestFinished(async () => { await core.close() })
  return Object.assign(await startProxy(core.origin, options), { core })
}

/** An answer of a Core's, with Content-Length. */
export const ok = (body: string, ...fields: string[]): string =>
  ['HTTP/1.1 200 OK', 'Content-Type: application/json', ...fields, `Content-Length: ${Buffer.byteLength(body, 'latin1')}`, '', body].join('\r\n')
