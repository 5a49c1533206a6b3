import type { ConnectionOptions } from 'node:tls'
import pgConnectionString from 'pg-connection-string'
import type pg from 'pg'

/** How long and how many. Milliseconds. */
export interface Bounds {
  readonly statementMs: number
  readonly connections: number
}

/** Set when a connection is opened, so that no statement of ours could do otherwise. Times without zone are UTC, as Core writes them. */
const sessionOptions = ({ statementMs }: Bounds): string => Object.entries({
  default_transaction_read_only: 'on',
  statement_timeout: statementMs,
  idle_in_transaction_session_timeout: statementMs,
  datestyle: 'ISO',
  timezone: 'UTC'
}).map(([name, value]) => `-c ${name}=${value}`).join(' ')

const MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full']

export class AddressError extends Error {}

/**
 * What libpq does with such a URL: the ways to connect, to be tried in order. Without `sslmode` it is `prefer`: with TLS and
 * whatever certificate, and where the server has none, without (https://www.postgresql.org/docs/18/libpq-ssl.html, 34.19.4).
 * @throws AddressError with a sentence that names no secret
 */
export function attemptsOf (databaseUrl: string, bounds: Bounds): readonly pg.ClientConfig[] {
  const query = new URLSearchParams(databaseUrl.split('?').slice(1).join('?'))
  const mode = modeOf(query)
  const { ssl, options, ...base } = read(databaseUrl)
  // The last one counts: what a URL sets does not undo ours.
  const config: pg.ClientConfig = { ...base, options: `${options === undefined ? '' : `${options} `}${sessionOptions(bounds)}`, application_name: base.application_name ?? 'blnk-gateway', ssl: false }
  // A socket has no TLS, whatever the mode.
  if (config.host?.startsWith('/') === true) return [config]
  const tls: pg.ClientConfig = query.get('sslnegotiation') === 'direct' ? { ...config, ...DIRECT } : config
  // With an authority the chain must be its, though not the name: libpq looks whenever it has one (be it to go on without TLS).
  const loose = { ...tls, ssl: (ssl as ConnectionOptions | undefined)?.ca === undefined ? { ...(ssl as object), rejectUnauthorized: false } : { ...(ssl as object), rejectUnauthorized: true, checkServerIdentity: () => undefined } }
  switch (mode) {
    case 'disable': return [config]
    case 'allow': return [config, loose]
    case 'prefer': return [loose, config]
    default: return [{ ...tls, ssl: ssl ?? true }]
  }
}

// The types of pg do not know it.
const DIRECT = { sslnegotiation: 'direct' }

function modeOf (query: URLSearchParams): string {
  const isSystem = query.get('sslrootcert') === 'system'
  // libpq takes ssl=true for require, as JDBC writes it; with the system's authorities the standard is verify-full.
  const mode = query.get('sslmode') ?? (query.get('ssl') === 'true' ? 'require' : isSystem ? 'verify-full' : 'prefer')
  if (!MODES.includes(mode)) throw new AddressError(`sslmode must be one of ${MODES.join(', ')}`)
  if (isSystem && mode !== 'verify-full') throw new AddressError('sslrootcert=system needs sslmode=verify-full')
  if (mode === 'verify-ca' && query.get('sslrootcert') === null) throw new AddressError('sslmode=verify-ca needs sslrootcert, a file with the certificate authority')
  if (query.get('sslnegotiation') === 'direct' && ['disable', 'allow', 'prefer'].includes(mode)) throw new AddressError('sslnegotiation=direct needs sslmode=require, verify-ca or verify-full')
  return mode
}

/** What of a URL is used: pg takes time-outs and more from it, which are ours to say. */
const USED = ['user', 'password', 'host', 'port', 'database', 'application_name', 'options', 'ssl'] as const

function read (databaseUrl: string): pg.ClientConfig {
  // Node has authorities of its own, as libpq has the system's.
  const known = databaseUrl.replace(/([?&])sslrootcert=system(?=&|$)/, '$1').replace(/([?&])(?:uselibpqcompat|ssl)=[^&]*/g, '$1')
  // ssl=true, which is no mode of its own to the parser.
  const moded = /[?&]sslmode=/.test(known) || !/[?&]ssl=true(?=&|$)/.test(databaseUrl) ? known : `${known}&sslmode=require`
  try {
    const parsed = pgConnectionString.toClientConfig(pgConnectionString.parse(moded, { useLibpqCompat: true }) as never) as Record<string, unknown>
    return Object.fromEntries(USED.flatMap((name) => parsed[name] === undefined ? [] : [[name, parsed[name]]]))
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException
    throw new AddressError(code !== undefined && path !== undefined ? `a file that the database URL names cannot be read (${code})` : 'the database URL cannot be read')
  }
}
