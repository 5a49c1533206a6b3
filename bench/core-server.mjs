// A Postgres server of its own with a Core's tables (test/support/core-tables.sql), for bench/data.mjs.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import pg from 'pg'

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

async function freePort () {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  await new Promise((resolve) => { server.close(resolve) })
  return port
}

/** A user who is not root: Postgres refuses to run as root. */
function owner () {
  if (process.getuid() !== 0) return {}
  const id = (flag) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}

/** Starts the newest server that Debian has put there. `stop` removes it with its data. */
export async function startServer () {
  const [version] = readdirSync('/usr/lib/postgresql').sort((a, b) => Number(b) - Number(a))
  const bin = `/usr/lib/postgresql/${version}/bin`
  const folder = mkdtempSync(path.join(os.tmpdir(), 'bench-postgres-'))
  const data = path.join(folder, 'data')
  mkdirSync(data, { mode: 0o700 })
  const as = { ...owner(), cwd: '/', stdio: 'ignore' }
  if (as.uid !== undefined) {
    chmodSync(folder, 0o711)
    chownSync(data, as.uid, as.gid)
  }
  execFileSync(`${bin}/initdb`, ['-D', data, '-U', 'postgres', '--auth=trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync'], as)
  const port = await freePort()
  const settings = { fsync: 'off', shared_buffers: '512MB', maintenance_work_mem: '512MB', max_wal_size: '4GB', autovacuum: 'off' }
  const child = spawn(`${bin}/postgres`, ['-D', data, '-h', '127.0.0.1', '-p', String(port), '-k', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])], as)
  const url = `postgres://postgres@127.0.0.1:${port}/postgres?sslmode=disable`
  // Whatever ends this process, the server does not outlive it.
  process.once('exit', () => {
    child.kill('SIGQUIT')
    rmSync(folder, { recursive: true, force: true })
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => { process.exit(1) })
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit')
      child.kill('SIGINT')
      await ended
    }
    rmSync(folder, { recursive: true, force: true })
  }
  while (true) {
    const client = new pg.Client({ connectionString: url })
    client.on('error', () => {})
    try {
      await client.connect()
      await client.end()
      break
    } catch {
      if (child.exitCode !== null) throw new Error('postgres does not start')
      await wait(100)
    }
  }
  return { url, version, stop }
}

const hot = 20

/** A year of a ledger: one in five transactions has one of the 20 hot balances as its source, as a program's own accounts are. */
const ROWS = {
  ledgers: () => "INSERT INTO ledgers (name, ledger_id, created_at, meta_data) SELECT 'Ledger ' || i, 'ldg_' || md5(i::text), timestamp '2025-01-01' + i * interval '1 day', '{}' FROM generate_series(1, 20) i",
  identity: () => `INSERT INTO identity (identity_id, first_name, last_name, country, category, identity_type, created_at, meta_data)
    SELECT 'idt_' || md5(i::text), 'First' || i, 'Last' || i, (ARRAY['NG','KE','GH','US','DE'])[1 + i % 5], 'customer', 'individual', timestamp '2025-01-01' + i * interval '25 minutes', jsonb_build_object('tier', i % 4)
    FROM generate_series(1, 20000) i`,
  balances: (count) => `INSERT INTO balances (balance_id, indicator, balance, credit_balance, debit_balance, currency, ledger_id, identity_id, created_at, meta_data)
    SELECT 'bln_' || md5(i::text), CASE WHEN i <= ${hot} THEN '@hot' || i END, i * 100, i * 300, i * 200, (ARRAY['USD','USD','USD','USD','USD','EUR','EUR','GBP','NGN','KES'])[1 + i % 10],
      'ldg_' || md5((1 + i % 20)::text), CASE WHEN i > ${hot} THEN 'idt_' || md5((1 + i % 20000)::text) END, timestamp '2025-01-01' + i * interval '5 minutes', jsonb_build_object('account', i, 'tier', i % 4, 'segment', (ARRAY['retail','business'])[1 + i % 2])
    FROM generate_series(1, ${count}) i`,
  transactions: (count, balances) => `INSERT INTO transactions (transaction_id, source, destination, description, reference, amount, currency, status, hash, created_at, meta_data, precise_amount, "precision", parent_transaction, effective_date)
    SELECT 'txn_' || md5(i::text), 'bln_' || md5((CASE WHEN i % 5 = 0 THEN 1 + i / 5 % ${hot} ELSE 1 + abs(hashint4(i)::bigint) % ${balances} END)::text),
      'bln_' || md5((1 + abs(hashint4(i + 7)::bigint) % ${balances})::text), 'Payment ' || i, 'ref_' || md5('r' || i), cents / 100, (ARRAY['USD','USD','USD','USD','USD','EUR','EUR','GBP','NGN','KES'])[1 + abs(hashint4(i + 3)::bigint) % 10],
      CASE WHEN part < 800 THEN 'APPLIED' WHEN part < 900 THEN 'QUEUED' WHEN part < 950 THEN 'INFLIGHT' WHEN part < 990 THEN 'VOID' ELSE 'REJECTED' END, md5('a' || i) || md5('b' || i),
      timestamp '2025-01-01' + i * (interval '365 days' / ${count}) + abs(hashint4(i + 11)::bigint) % 1000000 * interval '1 microsecond',
      jsonb_build_object('channel', (ARRAY['web','app','pos','api'])[1 + abs(hashint4(i + 13)::bigint) % 4], 'customer', 'cus_' || abs(hashint4(i + 17)::bigint) % 100000, 'order', jsonb_build_object('number', i % 50000, 'region', (ARRAY['west','east','north','south'])[1 + i % 4]))
        || CASE WHEN part >= 900 AND part < 950 THEN '{"inflight": true}'::jsonb ELSE '{}' END,
      cents, 100, CASE WHEN i % 10 = 0 THEN 'txn_' || md5((i - 1)::text) END, CASE WHEN i % 3 = 0 THEN timestamp '2025-01-01' + i * (interval '365 days' / ${count}) END
    FROM (SELECT i, abs(hashint4(i + 19)::bigint) % 1000 AS part, (abs(hashint4(i + 23)::bigint) % 10000000)::numeric AS cents FROM generate_series(1, ${count}) i) AS rows`
}

/** Makes the tables and so many rows; the indexes come last, which is faster. */
export async function fill (url, { transactions, balances }) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query("CREATE SCHEMA blnk; SET search_path TO blnk; SET session_replication_role TO replica; SET synchronous_commit TO off; SET timezone TO 'UTC'")
  const statements = readFileSync(new URL('../test/support/core-tables.sql', import.meta.url), 'utf8').split(/;\n/)
  const isIndex = (text) => /CREATE (UNIQUE )?INDEX/.test(text) && !text.includes('CREATE TABLE')
  for (const text of statements.filter((one) => !isIndex(one))) await client.query(text)
  await client.query(ROWS.ledgers())
  await client.query(ROWS.identity())
  await client.query(ROWS.balances(balances))
  await client.query(ROWS.transactions(transactions, balances))
  for (const text of statements.filter(isIndex)) await client.query(text)
  await client.query('VACUUM ANALYZE')
  await client.end()
}
