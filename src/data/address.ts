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
  const mode = modeOf(databaseUrl)
  const base = read(databaseUrl, mode)
  const given = base.options === undefined ? '' : `${base.options} `
  // The last one counts: what a URL sets does not undo ours.
  const config: pg.ClientConfig = { ...base, options: given + sessionOptions(bounds), application_name: base.application_name ?? 'blnk-gateway', ssl: false }
  const loose = { ...config, ssl: { ...(base.ssl as object), rejectUnauthorized: false } }
  switch (mode) {
    case 'disable': return [config]
    case 'allow': return [config, loose]
    case 'prefer': return [loose, config]
    default: return [{ ...config, ssl: base.ssl ?? true }]
  }
}

function modeOf (databaseUrl: string): string {
  const query = new URLSearchParams(databaseUrl.split('?')[1] ?? '')
  // libpq takes ssl=true for require, as JDBC writes it.
  const mode = query.get('sslmode') ?? (query.get('ssl') === 'true' ? 'require' : 'prefer')
  if (!MODES.includes(mode)) throw new AddressError(`sslmode must be one of ${MODES.join(', ')}`)
  return mode
}

function read (databaseUrl: string, mode: string): pg.ClientConfig {
  const url = new URLSearchParams(databaseUrl.split('?')[1] ?? '')
  if (mode === 'verify-ca' && url.get('sslrootcert') === null) throw new AddressError('sslmode=verify-ca needs sslrootcert, a file with the certificate authority')
  // Node has authorities of its own, as libpq has the system's.
  const known = databaseUrl.replace(/([?&])sslrootcert=system(?=&|$)/, '$1').replace(/([?&])uselibpqcompat=[^&]*/, '$1')
  try {
    return pgConnectionString.toClientConfig(pgConnectionString.parse(known, { useLibpqCompat: true }) as never)
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException
    throw new AddressError(code !== undefined && path !== undefined ? `a file that the database URL names cannot be read (${code})` : 'the database URL cannot be read')
  }
}
