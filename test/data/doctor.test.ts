import { expect, test } from 'vitest'
import { schemaAge } from '../../src/data/core-version.js'
import { examine } from '../../src/data/doctor.js'
import { lackingIn, readFacts, type Facts } from '../../src/data/facts.js'
import { faultOf } from '../../src/data/database-verdict.js'
import { AllTaken, NotReadOnly } from '../../src/data/connections.js'
import { GatewayError } from '../../src/errors.js'
import { DatabaseGone } from '../../src/lib/postgres.js'
import { makeCoreSchema } from '../support/core-database.js'
import { testDatabase } from '../support/database.js'

const { db, schema } = testDatabase(1)
const read = async (): Promise<Facts> => await readFacts({ run: async (text, values) => (await db.query(text, values)).rows as never, schema })

/** Facts as if each table had so many rows. */
const withRows = (facts: Facts, rows: number | null): Facts => ({ ...facts, tables: new Map([...facts.tables].map(([name, table]) => [name, { ...table, rows }])) })
const without = (facts: Facts, columns: readonly string[], indexes: RegExp): Facts => ({
  ...facts,
  tables: new Map([...facts.tables].map(([name, table]) => [name, { ...table, columns: new Map([...table.columns].filter(([column]) => !columns.includes(`${name}.${column}`))) }])),
  indexes: facts.indexes.filter(({ name }) => !indexes.test(name))
})

test('a Core\'s database is looked through: age, what is lacking, and what would help', async () => {
  await makeCoreSchema(db, schema)
  try {
    const facts = withRows(await read(), 1_000_000)
    expect(Number.parseInt(facts.postgres, 10)).toBeGreaterThanOrEqual(15)
    expect(lackingIn(facts)).toEqual({ tables: [], unreadable: [], columns: [] })

    const { advice, schema: age, lacks } = examine(facts)
    expect(age).toEqual({ since: '0.15', before: null, message: 'the schema is that of a Core 0.15 or newer' })
    expect(lacks).toEqual([])
    expect(new Set(advice.map(({ kind }) => kind))).toEqual(new Set(['gateway']))
    expect(advice.map(({ statement }) => statement)).toContain(`CREATE INDEX CONCURRENTLY IF NOT EXISTS gateway_transactions_amount ON ${schema}.transactions (amount)`)

    // What it says can be done, and there is nothing left to say then.
    for (const { statement } of advice) await db.query(statement.replace(' CONCURRENTLY', ''))
    expect(examine(withRows(await read(), 1_000_000)).advice).toEqual([])

    // Dropped as a Core before 0.12.2 has them not: each is named as Core names it, and made again by the statement.
    const ofCore = facts.indexes.filter(({ name }) => /^blnk_|^idx_(transactions_(source|destination|status|currency|meta_data|reference_unique|parent_transaction)|balances_indicator|txn_parent|external_transactions_upload_id)/.test(name))
    for (const { name } of ofCore) await db.query(`DROP INDEX ${schema}.${name}`)
    const older = examine(withRows(await read(), 1_000_000))
    expect(older.schema).toMatchObject({ since: '0.15' })
    expect(older.advice.filter(({ kind }) => kind === 'core').length).toBeGreaterThanOrEqual(15)
    for (const { statement } of older.advice) await db.query(statement.replace(' CONCURRENTLY', ''))
    expect(examine(withRows(await read(), 1_000_000)).advice).toEqual([])

    // Of few rows no index is worth its writes; what was never counted is said.
    expect(examine(withRows(facts, 500)).advice).toEqual([])
    expect(examine(withRows(facts, null)).advice.filter(({ kind }) => kind === 'statistics').map(({ statement }) => statement)).toContain(`ANALYZE ${schema}.transactions`)
    const broken = { ...facts, indexes: facts.indexes.map((index) => index.name === 'idx_transactions_meta_data' ? { ...index, isValid: false } : index) }
    expect(examine(withRows(broken, 500)).advice).toMatchObject([{ kind: 'broken', statement: `REINDEX INDEX CONCURRENTLY ${schema}.idx_transactions_meta_data` }])

    // Each version by what its migrations brought.
    const ages: ReadonlyArray<readonly [string | null, string, Facts]> = [
      ['0.13.2', '0.15', without(facts, ['transactions.chain_seq'], /^$/)],
      ['0.13', '0.13.2', without(facts, ['transactions.chain_seq', 'api_keys.key_prefix'], /^$/)],
      ['0.12.2', '0.13', without(facts, ['transactions.chain_seq', 'api_keys.key_prefix', 'balances.track_fund_lineage'], /^$/)],
      ['0.12', '0.12.2', without(facts, ['transactions.chain_seq', 'api_keys.key_prefix', 'balances.track_fund_lineage'], /^blnk_/)],
      [null, '0.12', without(facts, ['transactions.chain_seq', 'api_keys.key_prefix', 'balances.track_fund_lineage', 'external_transactions.amount'], /^blnk_/)]
    ]
    for (const [since, before, older] of ages) expect(schemaAge(older)).toMatchObject({ since, before })
    expect(examine((ages[2] as (typeof ages)[number])[2]).lacks).toEqual(['balances.track_fund_lineage'])
  } finally {
    await db.query(`DROP SCHEMA ${schema} CASCADE`)
    await db.close()
  }
})

test.each<[string, unknown]>([
  ['no_database_url', new GatewayError('INSTANCE_WITHOUT_DATABASE')],
  ['unusable_url', new GatewayError('INSTANCE_DATABASE_UNREACHABLE', { message: 'sslmode must be one of …' })],
  ['busy', new AllTaken('timeout exceeded')],
  ['wrong_password', Object.assign(new Error('password authentication failed for user "u"'), { code: '28P01' })],
  ['no_such_database', Object.assign(new Error('database "x" does not exist'), { code: '3D000' })],
  ['not_allowed', Object.assign(new Error('permission denied for schema blnk'), { code: '42501' })],
  ['not_read_only', new DatabaseGone('x', { cause: new NotReadOnly('the connection is not read-only') })],
  ['no_tls', new DatabaseGone('x', { cause: new Error('The server does not support SSL connections') })],
  ['certificate_not_trusted', new DatabaseGone('x', { cause: Object.assign(new Error('self-signed certificate'), { code: 'SELF_SIGNED_CERT_IN_CHAIN' }) })],
  ['not_reachable', new DatabaseGone('x', { cause: Object.assign(new Error('connect ECONNREFUSED 10.0.0.7:5432'), { code: 'ECONNREFUSED' }) })],
  ['not_reachable', new DatabaseGone('getaddrinfo', { cause: Object.assign(new Error('getaddrinfo ENOTFOUND db.internal'), { code: 'ENOTFOUND' }) })]
])('what keeps us from a database is one sentence: %s', (verdict, error) => {
  const found = faultOf(error)
  expect(found.verdict).toBe(verdict)
  expect(found.message).toMatch(/^[^\n]{15,}$/)
  expect(found.message).not.toMatch(/10\.0\.0\.7|db\.internal|"u"|"x"/)
})
