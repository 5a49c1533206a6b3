import { GatewayError } from '../errors.js'
import { CERTIFICATE } from '../instances/reach.js'
import type { Instance } from '../instances/store.js'
import { AllTaken, NotReadOnly } from './connections.js'
import { schemaAge, type SchemaAge } from './core-version.js'
import { lackingIn, readFacts, type Facts } from './facts.js'
import type { Sources } from './sources.js'

export type DatabaseFault = 'no_database_url' | 'unusable_url' | 'not_reachable' | 'wrong_password' | 'no_such_database' | 'certificate_not_trusted' | 'no_tls' | 'not_read_only' | 'not_a_core' | 'not_allowed' | 'busy'

/** What a look at the database of an instance found. Milliseconds. */
export type DatabaseVerdict =
  | { readonly verdict: 'ok', readonly message: string, readonly postgres: string, readonly schema: SchemaAge, readonly ms: number }
  | Fault

export interface Fault { readonly verdict: DatabaseFault, readonly message: string }

const fault = (verdict: DatabaseFault, message: string): Fault => ({ verdict, message })

/** SQLSTATEs that say by themselves what to do: https://www.postgresql.org/docs/18/errcodes-appendix.html */
const SAID: Readonly<Record<string, readonly [DatabaseFault, string]>> = {
  '28P01': ['wrong_password', 'the database refuses the user or the password: check those of database_url'],
  28000: ['wrong_password', 'the database does not let this user in from here: check the user of database_url, and pg_hba.conf'],
  '3D000': ['no_such_database', 'the server has no database of this name: check the end of database_url'],
  42501: ['not_allowed', "the role may not read the Core's tables: GRANT USAGE ON SCHEMA blnk, and SELECT ON ALL TABLES IN SCHEMA blnk, to it"],
  53300: ['busy', 'the server has no connection left for us: lower DATA_CONNECTIONS, or raise its max_connections'],
  57014: ['busy', 'the database did not answer in time']
}

/** Each cause of an error, beginning with itself. */
function * causes (error: unknown): Generator<Error & { code?: unknown }> {
  for (let one = error; one instanceof Error; one = one.cause) yield one
}

/** What keeps us from a database, in one sentence that names no host and no secret. */
export function faultOf (error: unknown): Fault {
  if (error instanceof GatewayError && error.code === 'INSTANCE_WITHOUT_DATABASE') return fault('no_database_url', 'this instance has no database URL: the Data API needs one')
  if (error instanceof GatewayError) return fault('unusable_url', error.message)
  if (error instanceof AllTaken) return fault('busy', 'all connections to the database are taken by readers')
  let code = ''
  for (const one of causes(error)) {
    if (one instanceof NotReadOnly) return fault('not_read_only', one.message)
    const said = SAID[String(one.code)]
    if (said !== undefined) return fault(...said)
    if (one.message === 'The server does not support SSL connections') return fault('no_tls', 'the server has no TLS, which the sslmode of database_url asks for')
    if (CERTIFICATE.test(String(one.code))) return fault('certificate_not_trusted', `the server's certificate is not trusted (${String(one.code)}): name its authority with sslrootcert in database_url`)
    if (/^[A-Z]\w+$/.test(String(one.code ?? ''))) code = String(one.code)
  }
  return fault('not_reachable', `nothing that speaks Postgres answers at the database URL (${code === '' ? 'timed out, or the connection was ended' : code}): check its host and port, and that the server is running`)
}

/** The catalogue of an instance's database, or why it cannot be read. */
export async function lookInto (sources: Sources, instance: Instance): Promise<Facts | Fault> {
  try {
    const facts = await readFacts(sources.of(instance).catalogue)
    const { tables, unreadable } = lackingIn(facts)
    // Reconciliation came later than the ledger.
    const missing = tables.filter((name) => ['ledgers', 'balances', 'transactions', 'identity'].includes(name))
    if (missing.length > 0) return fault('not_a_core', `the database has no table ${missing.map((name) => `${facts.schema}.${name}`).join(', ')}: it is not a Core's, or its migrations have not run`)
    if (unreadable.length > 0) return fault('not_allowed', `the role may not read ${unreadable.map((name) => `${facts.schema}.${name}`).join(', ')}: GRANT USAGE ON SCHEMA ${facts.schema}, and SELECT on them, to it`)
    return facts
  } catch (error) {
    return faultOf(error)
  }
}

/** Says in one sentence what is wrong with the database of an instance, or how old its schema is. */
export async function testDatabase (sources: Sources, instance: Instance): Promise<DatabaseVerdict> {
  const begun = performance.now()
  const found = await lookInto(sources, instance)
  if ('verdict' in found) return found
  const schema = schemaAge(found)
  return { verdict: 'ok', message: `the database answers; ${schema.message}`, postgres: found.postgres, schema, ms: Math.round(performance.now() - begun) }
}
