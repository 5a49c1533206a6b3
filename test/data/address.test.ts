import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { AddressError, attemptsOf } from '../../src/data/address.js'
import { makeAuthority } from '../../src/lib/certificates.js'

const BOUNDS = { statementMs: 1234, connections: 2 }
const BASE = 'postgres://reader:s3cret@db.test:6543/ledger'
const OURS = '-c default_transaction_read_only=on -c statement_timeout=1234 -c idle_in_transaction_session_timeout=1234 -c datestyle=ISO -c timezone=UTC'

let folder: string
let ca: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'blnk-address-'))
  ca = join(folder, 'ca.pem')
  writeFileSync(ca, (await makeAuthority('authority of a test')).cert)
})
afterAll(() => { rmSync(folder, { recursive: true }) })

/** How it is connected: without TLS, with whatever certificate, with an authority and whatever name, with an authority and the name. */
const ways = (url: string): string[] => attemptsOf(url, BOUNDS).map(({ ssl }) => {
  if (ssl === false) return 'plain'
  if (ssl === true) return 'full'
  const { rejectUnauthorized, checkServerIdentity, ca: authority } = ssl as { rejectUnauthorized?: boolean, checkServerIdentity?: () => void, ca?: string }
  const how = rejectUnauthorized === false ? 'any' : checkServerIdentity === undefined ? 'full' : 'ca'
  return authority === undefined ? how : `${how} of a file`
})

test.each<[string, string[]]>([
  ['', ['any', 'plain']],
  ['?sslmode=disable', ['plain']],
  ['?sslmode=allow', ['plain', 'any']],
  ['?sslmode=prefer', ['any', 'plain']],
  ['?sslmode=allow&sslrootcert=CA', ['plain', 'ca of a file']],
  ['?sslmode=prefer&sslrootcert=CA', ['ca of a file', 'plain']],
  ['?sslrootcert=CA', ['ca of a file', 'plain']],
  ['?sslmode=require', ['any']],
  ['?ssl=true', ['any']],
  ['?sslmode=verify-full', ['full']],
  ['?sslmode=verify-full&sslrootcert=system', ['full']],
  ['?sslrootcert=system', ['full']],
  ['?sslmode=disable&sslnegotiation=postgres', ['plain']],
  ['?sslmode=require&sslnegotiation=direct', ['any']],
  ['?uselibpqcompat=false&sslmode=require', ['any']],
  ['?sslmode=require&sslrootcert=CA', ['ca of a file']],
  ['?sslmode=verify-ca&sslrootcert=CA', ['ca of a file']],
  ['?sslmode=verify-full&sslrootcert=CA', ['full of a file']],
  ['?host=/var/run/postgresql&sslmode=require', ['plain']]
])('%s connects %j', (query, expected) => {
  expect(ways(BASE + query.replace('CA', ca))).toEqual(expected)
})

test.each([
  ['?sslmode=verify', 'sslmode must be one of disable, allow, prefer, require, verify-ca, verify-full'],
  ['?sslmode=', 'sslmode must be one of disable, allow, prefer, require, verify-ca, verify-full'],
  ['?sslmode=verify-ca', 'sslmode=verify-ca needs sslrootcert, a file with the certificate authority'],
  ['?sslmode=require&sslrootcert=system', 'sslrootcert=system needs sslmode=verify-full'],
  ['?sslnegotiation=direct', 'sslnegotiation=direct needs sslmode=require, verify-ca or verify-full'],
  ['?sslmode=verify-full&sslrootcert=/nowhere/s3cret.pem', 'a file that the database URL names cannot be read (ENOENT)']
])('%s is refused in a sentence', (query, sentence) => {
  expect(() => attemptsOf(BASE + query, BOUNDS)).toThrow(new AddressError(sentence))
})

test.each(['postgres://reader:s3cret@db.test:99999/ledger', 'postgres://reader:s3cret@[::1/ledger', 'postgres://reader:%zz@db.test/ledger?port=s3cret'])('what cannot be read of %s is not told', (url) => {
  try {
    attemptsOf(url, BOUNDS)
  } catch (error) {
    expect(error).toBeInstanceOf(AddressError)
    expect(`${String(error)} ${JSON.stringify(error, Object.getOwnPropertyNames(error).filter((name) => name !== 'stack'))}`).not.toContain('s3cret')
    return
  }
  expect.fail('it was read')
})

test('what a URL sets does not undo what is set for every connection', () => {
  const query = '?options=-c%20default_transaction_read_only%3Doff%20-c%20search_path%3Dother&statement_timeout=0&query_timeout=0&idle_in_transaction_session_timeout=0&max=100&binary=true&replication=database&application_name=mine'
  const [config] = attemptsOf(BASE + query, BOUNDS)
  expect(config).toMatchObject({ user: 'reader', password: 's3cret', host: 'db.test', port: 6543, database: 'ledger', application_name: 'mine' })
  expect(config?.options).toBe(`-c default_transaction_read_only=off -c search_path=other ${OURS}`)
  expect(Object.keys(config as object).sort()).toEqual(['application_name', 'database', 'host', 'options', 'password', 'port', 'ssl', 'user'])
})
