import { isIPv4 } from 'node:net'
import { KEY_PREFIX } from './auth/credentials.js'
import { isAddressBlock } from './lib/address-list.js'
import { isFetchable, jwtMistake, readScopeMap, SIGNATURES, STANDARD_SIGNATURES } from './jwt/settings.js'
import { readLimit, type Limit } from './limits/limit.js'
import type { ConfigFile } from './config-file/load.js'
import { attempt, SettingError, valuesOf, type Environment, type Origins, type Sources } from './config-file/origins.js'

export { SettingError }

interface Setting<T> {
  readonly env: string
  /** The long option of `start` that says the same. */
  readonly flag?: string
  readonly about: string
  /** As the table of settings shows it; '' for none. */
  readonly standard: string
  readonly value: T
  readonly read: (text: string) => T
}

const wrong = (sentence: string): never => { throw new SettingError(sentence) }

type Described = readonly [env: string, about: string, flag?: string]

function setting<T> ([env, about, flag]: Described, standard: string, value: T, read: (text: string) => T): Setting<T> {
  return { env, about, standard, value, read, ...(flag === undefined ? {} : { flag }) }
}

const text = (described: Described, standard: string): Setting<string> => setting(described, standard, standard, (t) => t)

const optional = (described: Described, check: (text: string) => string = (t) => t): Setting<string | undefined> =>
  setting<string | undefined>(described, '', undefined, check)

const whole = (described: Described, standard: number, [least, most]: readonly [number, number]): Setting<number> =>
  setting(described, String(standard), standard, (t) => {
    const n = Number(t)
    return /^\d{1,9}$/.test(t) && n >= least && n <= most ? n : wrong(`${described[0]} must be a whole number from ${least} to ${most}, and is ${JSON.stringify(t)}`)
  })

const port = (described: Described): Setting<number | undefined> =>
  setting<number | undefined>(described, '', undefined, whole(described, 0, [0, 65535]).read)

const trueFalse = (env: string) => (t: string): boolean =>
  t === 'true' || t === '1' || (t === 'false' || t === '0' ? false : wrong(`${env} must be true or false, and is ${JSON.stringify(t)}`))

const yesNo = (described: Described, standard: boolean): Setting<boolean> => setting(described, String(standard), standard, trueFalse(described[0]))

const onOff = (env: string) => (t: string): boolean =>
  t === 'on' || (t === 'off' ? false : wrong(`${env} must be on or off, and is ${JSON.stringify(t)}`))

const oneOf = <const T extends string>(described: Described, standard: T, all: readonly T[]): Setting<T> =>
  setting(described, standard, standard, (t) => all.find((one) => one === t) ?? wrong(`${described[0]} must be one of ${all.join(', ')}, and is ${JSON.stringify(t)}`))

const secret = (env: string, least: number) => (t: string): string =>
  t.length >= least ? t : wrong(`${env} must be at least ${least} characters long, and has ${t.length}`)

const headerSafe = (env: string, least: number) => (t: string): string =>
  /^[\x21-\x7e]+$/.test(secret(env, least)(t)) ? t : wrong(`${env} must be printable ASCII without spaces, since it is sent in a header`)

// What the Authorization header can hold: RFC 6750 2.1, b64token.
const bearer = (env: string, least: number) => (t: string): string =>
  /^[\w.~+/-]+=*$/.test(secret(env, least)(t)) ? t : wrong(`${env} must hold letters, digits, - . _ ~ + / and = at the end only, since it is sent as a bearer token`)

function url (env: string, schemes: readonly string[]): (t: string) => string {
  return (t) => {
    const parsed = URL.canParse(t) ? new URL(t) : undefined
    return parsed !== undefined && schemes.includes(parsed.protocol) ? t : wrong(`${env} must be a URL that starts with ${schemes.map((s) => `${s}//`).join(' or ')}`)
  }
}

export const apiKey = (env: string) => (t: string): string => {
  const least = KEY_PREFIX.length + 15
  return t.startsWith(KEY_PREFIX) && t.length >= least && /^[\w.~+/-]+$/.test(t) && !/^blnk_(?:at|rt|client|secret|code)_/.test(t)
    ? t
    : wrong(`${env} must start with ${KEY_PREFIX} (not blnk_at_, blnk_rt_ or what else OAuth has), be at least ${least} characters long and hold letters, digits, - . _ ~ + / only`)
}

function encryptionKey (t: string): Buffer {
  const bytes = /^[0-9a-f]{64}$/i.test(t) ? Buffer.from(t, 'hex') : Buffer.from(t, 'base64')
  return bytes.length === 32 ? bytes : wrong('BLNK_ENCRYPTION_KEY must be 32 bytes, as 64 hexadecimal digits or as base64 (openssl rand -hex 32 makes one)')
}

const hostNames = (env: string) => (t: string): readonly string[] => t.split(',').map((each) => each.trim().toLowerCase()).filter((each) => each !== '')
  .map((each) => /^[\w.-]+$|^\[[\da-f:.]+\]$/.test(each) ? each : wrong(`${env} must be host names with commas between them, without scheme and port, and holds ${JSON.stringify(each)}`))

/** https://www.rfc-editor.org/rfc/rfc6454#section-6.2, as browsers write it: in lower case, without a port that the scheme implies. */
function origins (t: string): '*' | readonly string[] {
  if (t === '*') return '*'
  if (t === 'none') return []
  return t.split(',').map((each) => each.trim()).filter((each) => each !== '').map((each) => {
    if (!/^[a-z][a-z\d+.-]*:\/\/[^/?#@*\s]+$/i.test(each) || !URL.canParse(each)) return wrong(`CORS_ORIGINS must be *, none, or origins with commas between them, such as https://app.example.com (scheme, host and port, no path), and holds ${JSON.stringify(each)}`)
    const { origin } = new URL(each)
    return origin === 'null' ? each.toLowerCase() : origin
  })
}

function publicUrl (t: string): string {
  const { protocol = '', hostname = '', origin = '', href = '' } = URL.canParse(t) ? new URL(t) : {}
  const isPrivate = protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname.replace(/^\[(.*)\]$/, '$1')))
  return isPrivate && href === `${origin}/` ? origin : wrong(`PUBLIC_URL must be https://HOST or https://HOST:PORT without a path (http:// for localhost and loopback addresses alone), and is ${JSON.stringify(t)}`)
}

/** Names of blocks that @fastify/proxy-addr knows. */
const NAMED_BLOCKS = ['loopback', 'linklocal', 'uniquelocal']

function trustedProxies (t: string): readonly string[] {
  // A count of hops is met by a caller who connects directly and makes up that many entries.
  if (/^\d+$/.test(t)) return wrong(`TRUST_PROXY must name the proxies by their addresses, such as 10.0.0.0/8, and is ${JSON.stringify(t)}: a number of hops would trust whoever connects`)
  return t.split(',').map((each) => each.trim()).filter((each) => each !== '')
    .map((each) => NAMED_BLOCKS.includes(each) || isAddressBlock(each) ? each : wrong(`TRUST_PROXY must be addresses or blocks such as 10.0.0.0/8 or fd00::/8, or loopback, linklocal or uniquelocal, with commas between them, and holds ${JSON.stringify(each)}`))
}

const networks = (env: string) => (t: string): readonly string[] => words(t)
  .map((each) => isAddressBlock(each) ? each : wrong(`${env} must be blocks such as 10.20.0.0/16, with commas between them, and holds ${JSON.stringify(each)}`))

const words = (t: string): string[] => t.split(',').map((each) => each.trim()).filter((each) => each !== '')

function signatures (t: string): readonly string[] {
  const given = words(t)
  const known = given.filter((each) => SIGNATURES.some((one) => one === each))
  return known.length > 0 && known.length === given.length ? known : wrong(`JWT_ALGORITHMS must be some of ${SIGNATURES.join(', ')}, with commas between them, and is ${JSON.stringify(t)}`)
}

const fetchable = (env: string) => (t: string): string =>
  isFetchable(t) ? t : wrong(`${env} must be a URL that starts with https:// (http:// on loopback), without a user name`)

const scopeMap = (t: string): ReadonlyMap<string, readonly string[]> =>
  readScopeMap(t) ?? wrong('JWT_SCOPE_MAP must be names and scopes, such as ledger-admin=*, reader=proxy:read data:read')

const rateLimit = (described: Described): Setting<Limit | undefined> =>
  setting<Limit | undefined>(described, '', undefined, (t) => readLimit(t) ?? wrong(`${described[0]} must be a number of requests and a time, at most a day, such as 600/1m or 20/30s, and is ${JSON.stringify(t)}`))

export const instanceId = (env: string) => (t: string): string =>
  /^[\w.:-]{1,128}$/.test(t) ? t : wrong(`${env} must be 1 to 128 letters, digits, dots, colons, - and _`)

/** The only list of settings: config, `--help` and the README's table are made from it. */
export const SETTINGS = {
  config: optional(['CONFIG_FILE', 'A configuration file (YAML): settings, instances and API keys, read again when it changes and on SIGHUP. Flags and variables win over it. See docs/config-file.md.', '--config']),
  host: text(['HOST', 'The address to listen on. Other machines reach the gateway only when this is not a loopback address.', '--host'], '127.0.0.1'),
  port: whole(['PORT', 'The port to listen on; 0 takes a free one.', '--port'], 4100, [0, 65535]),
  trustProxy: setting<readonly string[]>(['TRUST_PROXY', "The proxies in front of the gateway, as addresses and blocks such as `10.0.0.0/8`, with commas between them: from them alone the caller's address is taken out of X-Forwarded-For. See docs/proxies.md."], '', [], trustedProxies),
  tlsCert: optional(['TLS_CERT', 'A file with the certificate (PEM, its chain behind it) by which every port speaks https. It is read again when it changes, and on SIGHUP.']),
  tlsKey: optional(['TLS_KEY', "A file with that certificate's private key (PEM, no passphrase)."]),
  tls: oneOf(['TLS', '`self-signed` speaks https with a certificate for this machine that is made at the start; the start says how to trust it.', '--tls'], 'off', ['off', 'self-signed']),
  publicUrl: optional(['PUBLIC_URL', 'Where callers and browsers reach the gateway, such as https://ledger.example.com: needed where that is not where it listens, such as behind a proxy. https, or http for this machine; without a path.'], publicUrl),
  corsOrigins: setting<'*' | readonly string[] | undefined>(['CORS_ORIGINS', 'The origins whose pages may call the gateway from a browser, with commas between them; `*` for all, `none` for none. Without it, pages of this machine may while HOST is a loopback address. The admin API is never open to them.'], '', undefined, origins),
  docs: setting<boolean>(['DOCS', 'Whether the gateway describes itself at /openapi.json and /docs: `on` or `off`.'], 'on', true, onOff('DOCS')),
  adminHost: text(['ADMIN_HOST', 'The address of the admin API when it has a port of its own.'], '127.0.0.1'),
  adminPort: port(['ADMIN_PORT', 'A port of its own for the admin API. Without it, the admin API is on PORT while HOST is a loopback address, and off otherwise.']),
  dataDir: text(['DATA_DIR', 'Where the embedded database and the generated secrets lie (mode 0700).', '--data-dir'], './.blnk-gateway'),
  ephemeral: yesNo(['EPHEMERAL', 'Keep everything in memory; nothing is left after the end.', '--ephemeral'], false),
  logLevel: oneOf(['LOG_LEVEL', 'The least severe line that is logged.', '--log-level'], 'info', ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
  databaseUrl: optional(['DATABASE_URL', "A Postgres server (15 or newer) for the gateway's own state, in place of the embedded database. BLNK_ENCRYPTION_KEY and BLNK_ADMIN_TOKEN must then be set."], url('DATABASE_URL', ['postgres:', 'postgresql:'])),
  databaseConnections: whole(['DATABASE_CONNECTIONS', 'The most connections that the gateway, and the sandbox beside it, each open to DATABASE_URL.'], 10, [1, 1000]),
  staleCredentialsMax: whole(['STALE_CREDENTIALS_MAX', 'Seconds for which requests go on with the keys and instances that are known while DATABASE_URL does not answer; 0 refuses them at once. See docs/keys.md.'], 300, [0, 86_400]),
  encryptionKey: setting<Buffer | undefined>(['BLNK_ENCRYPTION_KEY', "32 bytes, hexadecimal or base64, that encrypt the Cores' secrets at rest. Generated into the data directory unless DATABASE_URL is set."], '', undefined, encryptionKey),
  adminToken: optional(['BLNK_ADMIN_TOKEN', 'The bearer token of the admin API, at least 32 characters. Generated into the data directory unless DATABASE_URL is set.'], bearer('BLNK_ADMIN_TOKEN', 32)),
  apiKey: optional(['BLNK_API_KEY', 'An API key with scope `*` that is there from the start: any text of at least 20 characters that starts with `blnk_`.'], apiKey('BLNK_API_KEY')),
  instanceId: optional(['BLNK_INSTANCE_ID', "The sandbox's instance id, in place of a generated one."], instanceId('BLNK_INSTANCE_ID')),
  sandbox: setting<boolean | undefined>(['SANDBOX', 'Whether the sandbox runs: `on` or `off`. On by itself only without DATABASE_URL.'], '', undefined, onOff('SANDBOX')),
  sandboxPort: whole(['SANDBOX_PORT', "The loopback port of the sandbox, for users of Core's SDKs; 0 takes a free one."], 0, [0, 65535]),
  sandboxCoreKey: optional(['SANDBOX_CORE_KEY', "The sandbox's X-Blnk-Key, at least 16 characters, in place of a generated one."], headerSafe('SANDBOX_CORE_KEY', 16)),
  seed: optional(['SEED', 'A file, YAML or JSON, from which each new sandbox begins: ledgers, identities, balances and transactions, by names. See docs/seeds.md.', '--seed']),
  sandboxWebhookUrl: optional(['SANDBOX_WEBHOOK_URL', "Where sandboxes send Core's webhooks that have no webhook of their own; without it they send none."], url('SANDBOX_WEBHOOK_URL', ['http:', 'https:'])),
  sandboxUploadHosts: setting<readonly string[]>(['SANDBOX_UPLOAD_HOSTS', 'From where the sandbox may fetch a file for reconciliation by its URL: host names, with commas between them.'], '', [], hostNames('SANDBOX_UPLOAD_HOSTS')),
  coreUrl: optional(['CORE_URL', 'The base URL of a real Core, added or updated as an instance at the start.'], url('CORE_URL', ['http:', 'https:'])),
  coreKey: optional(['CORE_KEY', "That Core's secret key; leave it out where the Core has none."], headerSafe('CORE_KEY', 1)),
  coreInstanceId: text(['CORE_INSTANCE_ID', "That Core's instance id."], 'inst_core'),
  coreCa: optional(['CORE_CA', "A file with the certificate authority (PEM) that signed that Core's certificate, when it is a private one."]),
  proxyRoutes: oneOf(['PROXY_ROUTES', 'Which of Core\'s routes the proxy forwards: the 25 `documented` ones, the ordinary rest too (`core`), or all (`any`).'], 'core', ['documented', 'core', 'any']),
  strictScopes: yesNo(['STRICT_SCOPES', 'Data scopes admit proxy calls of app keys only.'], false),
  bulkFill: yesNo(['BULK_FILL', 'Fill precision and reference in the items of POST /proxy/transactions/bulk too.'], false),
  coreConnections: whole(['CORE_CONNECTIONS', 'The most connections to one Core.'], 256, [1, 10_000]),
  coreQueue: whole(['CORE_QUEUE', 'The most requests that wait for one of these connections, for each Core; more are answered 503.'], 1024, [0, 100_000]),
  coreQueueTimeoutMs: whole(['CORE_QUEUE_TIMEOUT_MS', 'Milliseconds that a request waits for a connection to its Core, after which the answer is 503.'], 5_000, [1, 600_000]),
  connectTimeoutMs: whole(['CONNECT_TIMEOUT_MS', 'Milliseconds for a connection to a Core, after which the answer is 502.'], 5_000, [1, 600_000]),
  headersTimeoutMs: whole(['HEADERS_TIMEOUT_MS', "Milliseconds for a Core's first answer, after which the answer is 504."], 60_000, [1, 3_600_000]),
  bodyTimeoutMs: whole(['BODY_TIMEOUT_MS', "Milliseconds between two parts of a Core's answer, after which the client's connection is cut."], 300_000, [1, 3_600_000]),
  clientTimeoutMs: whole(['CLIENT_TIMEOUT_MS', 'Milliseconds that a client may take for the head of a request, and between two parts of its body (408) or of its reading of the answer (the connection is cut). See docs/security/limits.md.'], 60_000, [1, 3_600_000]),
  clientMinRate: whole(['CLIENT_MIN_RATE', 'Bytes a second that a client has to send of a body (408), and to take of an answer (the connection is cut), on average over CLIENT_TIMEOUT_MS; 0: no matter how few. See docs/security/limits.md.'], 240, [0, 999_999_999]),
  dataTimeoutMs: whole(['DATA_TIMEOUT_MS', 'Milliseconds that a statement of the Data API may take in the database of an instance, after which the answer is 504.'], 10_000, [1, 600_000]),
  dataConnections: whole(['DATA_CONNECTIONS', 'The most connections of the Data API to the database of one instance.'], 5, [1, 1000]),
  strictFilters: yesNo(['STRICT_FILTERS', 'Refuse a parameter of the Data and Filters API that would be ignored, such as `status=APPLIED`. See docs/data-api.md.'], false),
  faults: setting<boolean | undefined>(['FAULTS', 'Whether the admin API may let requests fail on purpose: `on` or `off`. On by itself only with EPHEMERAL.'], '', undefined, onOff('FAULTS')),
  jwtIssuer: optional(['JWT_ISSUER', 'Whose JWTs are taken as bearer tokens: their `iss`, to the letter. Without it none are. See docs/jwt.md.']),
  jwtAudience: setting<readonly string[]>(['JWT_AUDIENCE', 'What one of their `aud` must be, with commas between several.'], '', [], words),
  jwtJwksUrl: optional(['JWT_JWKS_URL', 'Where their keys are (a JWK Set). Without it, where the issuer\'s /.well-known/openid-configuration says.'], fetchable('JWT_JWKS_URL')),
  jwtJwksFile: optional(['JWT_JWKS_FILE', 'A file with their keys, in place of a URL; it is read again when it is five minutes old in memory, or when a key is missing.']),
  jwtAlgorithms: setting<readonly string[]>(['JWT_ALGORITHMS', 'How they may be signed.'], STANDARD_SIGNATURES.join(', '), STANDARD_SIGNATURES, signatures),
  jwtClockSkew: whole(['JWT_CLOCK_SKEW', "Seconds by which the issuer's clock may differ."], 30, [0, 300]),
  jwtScopesClaim: text(['JWT_SCOPES_CLAIM', 'The claim with the scopes: text with spaces, or a list. `realm_access.roles` is the member of a member.'], 'scope'),
  jwtScopeMap: setting<ReadonlyMap<string, readonly string[]> | undefined>(['JWT_SCOPE_MAP', 'What the words of that claim stand for, where they are no scopes: `ledger-admin=*, reader=proxy:read data:read`. Other words then count for nothing.'], '', undefined, scopeMap),
  jwtInstancesClaim: optional(['JWT_INSTANCES_CLAIM', 'The claim with the instance ids, `*` for all; a token without it reaches none. Without this setting, each reaches all.']),
  rateLimitCredential: rateLimit(['RATE_LIMIT_CREDENTIAL', 'The most requests with one credential in a time: `600/1m`. See docs/limits.md.']),
  rateLimitInstance: rateLimit(['RATE_LIMIT_INSTANCE', 'The most requests for one instance in a time.']),
  rateLimitFailedAuth: rateLimit(['RATE_LIMIT_FAILED_AUTH', 'How often in a time an address may send credentials that are refused before it is answered 429 in place of 401.']),
  redisUrl: optional(['REDIS_URL', 'A Redis that counts for all replicas: `redis://` or `rediss://`. Without it each counts for itself.'], url('REDIS_URL', ['redis:', 'rediss:'])),
  redisTimeoutMs: whole(['REDIS_TIMEOUT_MS', 'Milliseconds that a request waits for Redis. The first that waits in vain makes it count as gone until it answers again.'], 100, [10, 10_000]),
  rateLimitStoreFailure: oneOf(['RATE_LIMIT_STORE_FAILURE', 'While Redis does not answer, what has a limit is let through (`open`) or answered 503 (`closed`).'], 'open', ['open', 'closed']),
  tracesUrl: optional(['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'Where traces go by OTLP over HTTP, as it is; it wins over OTEL_EXPORTER_OTLP_ENDPOINT.'], url('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', ['http:', 'https:'])),
  otlpUrl: optional(['OTEL_EXPORTER_OTLP_ENDPOINT', 'The base URL of an OpenTelemetry collector; traces go to `/v1/traces` below it. Without either, no request is traced.'], url('OTEL_EXPORTER_OTLP_ENDPOINT', ['http:', 'https:'])),
  serviceName: text(['OTEL_SERVICE_NAME', 'The name of the gateway in traces.'], 'blnk-gateway'),
  requestLog: setting<boolean | undefined>(['REQUEST_LOG', 'Whether the last 500 requests are kept in memory for the admin API and `blnk-gateway logs`, secrets removed: `on` or `off`. On by itself only without DATABASE_URL.'], '', undefined, onOff('REQUEST_LOG')),
  requestLogBodies: whole(['REQUEST_LOG_BODIES', 'Bytes of each body that the request log keeps; 0 keeps none.'], 16_384, [0, 1_048_576]),
  appsAllowLocal: setting<boolean | undefined>(['APPS_ALLOW_LOCAL', 'Whether apps may be on this machine (127.0.0.0/8 and ::1), by http too: `true` or `false`. By itself only with EPHEMERAL.'], '', undefined, trueFalse('APPS_ALLOW_LOCAL')),
  appsAllowNetworks: setting<readonly string[]>(['APPS_ALLOW_NETWORKS', 'Networks of your own in which apps may be, by https, as blocks such as `10.20.0.0/16`, with commas between them; otherwise they must be at public addresses. See docs/apps.md.'], '', [], networks('APPS_ALLOW_NETWORKS')),
  oauthStrict: yesNo(['OAUTH_STRICT', 'OAuth clients must have registered redirect URIs, and send PKCE and `state`, as OAuth 2.1 has it. See docs/oauth.md.'], false),
  oauthAccessTtl: whole(['OAUTH_ACCESS_TTL', 'Seconds until an OAuth access token expires.'], 3600, [1, 86_400]),
  oauthAutoApprove: yesNo(['OAUTH_AUTO_APPROVE', 'OAuth clients are sent back at once, without a login or a question. For tests: only with EPHEMERAL.'], false),
  audit: oneOf(['AUDIT', 'The audit log: `on` writes within 250 ms, `strict` writes what is to be done before it is forwarded and refuses writes while it cannot, `off` writes nothing. See docs/audit.md.'], 'on', ['on', 'strict', 'off']),
  auditQueue: whole(['AUDIT_QUEUE', 'The most rows of the audit log that wait in memory while the database is gone.'], 10_000, [1, 1_000_000]),
  auditRetentionDays: whole(['AUDIT_RETENTION_DAYS', 'Days after which rows of the audit log are removed; 0 keeps them for ever.'], 365, [0, 36_500]),
  auditStream: optional(['AUDIT_STREAM', 'A file to which the audit log goes as well, a line of JSON a row, or `-` for standard output. SIGHUP opens the file anew.']),
  shutdownTimeoutMs: whole(['SHUTDOWN_TIMEOUT_MS', 'Milliseconds that running requests are given when the gateway is told to stop.'], 10_000, [0, 600_000])
} as const

export type Settings = { readonly [K in keyof typeof SETTINGS]: ReturnType<(typeof SETTINGS)[K]['read']> }

export interface Config extends Omit<Settings, 'sandbox' | 'faults' | 'requestLog' | 'appsAllowLocal'> { readonly appsAllowLocal: boolean, readonly sandbox: boolean, readonly faults: boolean, readonly requestLog: boolean, readonly file?: ConfigFile }

/** `localhost` is one by RFC 6761 6.3; any other name, such as 127.example.com, may lead anywhere. */
export const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'))

/** Whether browsers come by https, to the gateway itself or to what stands before it. */
export const isReachedByHttps = ({ publicUrl, tlsCert, tls }: Pick<Config, 'publicUrl' | 'tlsCert' | 'tls'>): boolean =>
  publicUrl === undefined ? tlsCert !== undefined || tls !== 'off' : publicUrl.startsWith('https:')

export interface Examined {
  /** undefined where there are problems */
  readonly config: Config | undefined
  /** Each a sentence that names the setting, and its place in a file. */
  readonly problems: readonly string[]
  readonly origins: Origins
}

/** Reads every setting: flags win over the environment, that over a file. An empty variable counts as absent. */
export function examineSettings (sources: Sources): Examined {
  const { values, problems, origins } = valuesOf(SETTINGS, sources)
  const config = problems.length > 0 ? undefined : attempt(() => completed(values as unknown as Settings), problems)
  return { config, problems, origins }
}

const completed = (settings: Settings): Config =>
  ({ ...settings, sandbox: consistent(settings), faults: settings.faults ?? settings.ephemeral, requestLog: settings.requestLog ?? settings.databaseUrl === undefined, appsAllowLocal: settings.appsAllowLocal ?? settings.ephemeral })

/** The process's own, as it is now. */
export const processEnvironment = (): Environment => ({ ...process.env })

/**
 * Reads every setting once, at the start.
 * @param flags by setting name; they win over the environment. An empty variable counts as absent
 * @throws SettingError with a sentence that names the setting
 */
export function readConfig (environment: Environment = process.env, flags: Sources['flags'] = {}): Config {
  const { config, problems } = examineSettings({ environment, flags, file: new Map() })
  return config ?? wrong(problems[0] as string)
}

function consistent (s: Settings): boolean {
  if (s.databaseUrl !== undefined) {
    if (s.encryptionKey === undefined) wrong('DATABASE_URL is set, so BLNK_ENCRYPTION_KEY must be set too: every replica needs the same one (openssl rand -hex 32 makes one)')
    if (s.adminToken === undefined) wrong('DATABASE_URL is set, so BLNK_ADMIN_TOKEN must be set too: every replica needs the same one (openssl rand -hex 32 makes one)')
    if (s.ephemeral) wrong('DATABASE_URL and EPHEMERAL (--ephemeral) exclude each other: the one keeps state in a server, the other in memory')
  }
  if ((s.tlsCert === undefined) !== (s.tlsKey === undefined)) wrong(`${s.tlsCert === undefined ? 'TLS_KEY is set without TLS_CERT' : 'TLS_CERT is set without TLS_KEY'}: set both, or neither`)
  if (s.tlsCert !== undefined && s.tls !== 'off') wrong('TLS_CERT and TLS (--tls) exclude each other: the one serves a certificate of yours, the other makes one')
  if (s.oauthAutoApprove && !s.ephemeral) wrong('OAUTH_AUTO_APPROVE is set without EPHEMERAL (--ephemeral): it lets anybody in, so it is for tests alone')
  if (s.coreUrl === undefined && s.coreKey !== undefined) wrong('CORE_KEY is set without CORE_URL: set both, or neither')
  if (s.adminPort !== undefined && s.adminPort !== 0 && s.adminPort === s.port) wrong('ADMIN_PORT must differ from PORT; leave it out to have both on one loopback port')
  const jwt = jwtMistake(s)
  if (jwt !== undefined) wrong(jwt)
  const sandbox = s.sandbox ?? s.databaseUrl === undefined
  if (!sandbox && s.seed !== undefined) wrong('SEED (--seed) is set and the sandbox is off: a seed is for sandboxes, so set SANDBOX=on, or leave it out')
  if (sandbox && s.instanceId !== undefined && s.coreUrl !== undefined && s.instanceId === s.coreInstanceId) wrong('BLNK_INSTANCE_ID and CORE_INSTANCE_ID must differ: one is the sandbox, the other the real Core')
  return sandbox
}

/** The README's table of settings, in Markdown. */
export function settingsTable (): string {
  const rows = Object.values(SETTINGS).map((one: Setting<unknown>) =>
    `| \`${one.env}\`${one.flag === undefined ? '' : ` \`${one.flag}\``} | ${one.standard === '' ? '' : `\`${one.standard}\``} | ${one.about} |`)
  return ['| Setting | Standard | What it does |', '|---|---|---|', ...rows].join('\n')
}
