import { once } from 'node:events'
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { readConfig, SettingError } from '../../src/config.js'
import { run, start, workFolder, type Ended } from '../house/command.js'

// Several starts in one test, each of which takes seconds on a busy machine.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const cwd = workFolder()
const taken = createServer().listen(0, '127.0.0.1')
await once(taken, 'listening')
const { port } = taken.address() as AddressInfo
afterAll(() => { taken.close() })

mkdirSync(join(cwd, 'old', 'postgres'), { recursive: true })
writeFileSync(join(cwd, 'old', 'postgres', 'PG_VERSION'), '15\n')
writeFileSync(join(cwd, 'old', 'postgres-made'), '')
writeFileSync(join(cwd, 'a-file'), '')
writeFileSync(join(cwd, 'seed.yaml'), 'balances:\n  alice: { ledger: custmers, currency: USD }\nledgers:\n  customers: {}\n')
mkdirSync(join(cwd, 'foreign', 'postgres'), { recursive: true, mode: 0o755 })
writeFileSync(join(cwd, 'foreign', 'postgres', 'PG_VERSION'), '18\n')
mkdirSync(join(cwd, 'emptied', 'postgres'), { recursive: true })
writeFileSync(join(cwd, 'emptied', 'postgres-made'), '')
mkdirSync(join(cwd, 'damaged', 'postgres'), { recursive: true })
writeFileSync(join(cwd, 'damaged', 'postgres', 'PG_VERSION'), '18\n')
writeFileSync(join(cwd, 'damaged', 'postgres-made'), '')
mkdirSync(join(cwd, 'key'))
writeFileSync(join(cwd, 'key', 'encryption-key'), 'not a key')

/** One sentence that names the setting; no stack, nothing on standard output. */
function expectRefusal (ended: Ended, named: RegExp): void {
  expect(ended.stderr).toMatch(named)
  expect(ended.stderr).not.toMatch(/\n\s+at /)
  expect([ended.code, ended.stdout]).toEqual([2, ''])
}

interface Wrong { readonly args?: readonly string[], readonly env?: Readonly<Record<string, string>>, readonly names: RegExp }
const server = { DATABASE_URL: 'postgres://gateway@127.0.0.1:1/gateway' }
const full = { ...server, BLNK_ENCRYPTION_KEY: 'a'.repeat(64), BLNK_ADMIN_TOKEN: 't'.repeat(32) }

const WRONG: Readonly<Record<string, Wrong>> = {
  'a port that is no number': { env: { PORT: 'x' }, names: /PORT must be a whole number.*"x"/ },
  'a flag with a port that is no number': { args: ['--port', '70000'], names: /PORT must be a whole number.*"70000"/ },
  'an unknown flag': { args: ['--prot', '1'], names: /unknown option '--prot'/ },
  'a port in use': { args: ['--port', String(port)], names: new RegExp(`PORT.* ${port} is in use`) },
  'the port of the sandbox in use': { env: { SANDBOX_PORT: String(port) }, names: new RegExp(`SANDBOX_PORT ${port} is in use`) },
  'an address that is not of this machine': { args: ['--host', '192.0.2.1'], names: /HOST.*192\.0\.2\.1 cannot be listened on/ },
  'DATABASE_URL without BLNK_ENCRYPTION_KEY': { env: server, names: /BLNK_ENCRYPTION_KEY must be set/ },
  'DATABASE_URL of a server that is not there': { env: full, names: /DATABASE_URL cannot be used/ },
  'a Core with a user in its URL': { env: { CORE_URL: 'http://user:secret@127.0.0.1:5001' }, names: /CORE_URL is not usable/ },
  'a certificate authority that is not there': { env: { CORE_URL: 'https://127.0.0.1:5001', CORE_CA: 'nowhere.pem' }, names: /CORE_CA names a file that cannot be read/ },
  'a seed that is not there': { args: ['--seed', 'nowhere.yaml'], names: /SEED \(--seed\) nowhere\.yaml cannot be read \(ENOENT\)/ },
  'a seed with a wrong name': { args: ['--seed', 'seed.yaml'], names: /SEED \(--seed\) seed\.yaml:2: balances\.alice\.ledger: there is no ledger named "custmers": did you mean "customers"\?/ },
  'a seed without a sandbox': { args: ['--seed', 'seed.yaml'], env: { SANDBOX: 'off' }, names: /SEED \(--seed\) is set and the sandbox is off/ },
  'a data directory of another Postgres': { args: ['--data-dir', 'old'], names: /was written by Postgres 15, and this version opens Postgres 18/ },
  'a data directory with a Postgres of someone else': { args: ['--data-dir', 'foreign'], names: /holds other files/ },
  'a data directory that was emptied': { args: ['--data-dir', 'emptied'], names: /damaged \(PG_VERSION is missing\)/ },
  'a data directory whose database does not open': { args: ['--data-dir', 'damaged'], names: /cannot be opened/ },
  'an encryption key file that is damaged': { args: ['--data-dir', 'key'], names: /encryption-key .* is damaged/ },
  'a data directory that is a file': { args: ['--data-dir', 'a-file'], names: /DATA_DIR/ },
  'a data directory below a file': { args: ['--data-dir', 'a-file/data'], names: /DATA_DIR/ }
}

/** What is wrong by itself is found before anything is opened, so that no process need be started to see it. */
const WRONG_BY_ITSELF: Readonly<Record<string, Wrong>> = {
  'DATABASE_URL without BLNK_ADMIN_TOKEN': { env: { ...server, BLNK_ENCRYPTION_KEY: 'a'.repeat(64) }, names: /BLNK_ADMIN_TOKEN must be set/ },
  'DATABASE_URL with --ephemeral': { env: { ...full, EPHEMERAL: 'true' }, names: /DATABASE_URL and EPHEMERAL/ },
  'an encryption key of another length': { env: { BLNK_ENCRYPTION_KEY: 'abcd' }, names: /BLNK_ENCRYPTION_KEY must be 32 bytes/ },
  'a short admin token': { env: { BLNK_ADMIN_TOKEN: 'short' }, names: /BLNK_ADMIN_TOKEN must be at least 32/ },
  'a preset key that is not one': { env: { BLNK_API_KEY: 'sk_live_1234567890123456' }, names: /BLNK_API_KEY must start with blnk_/ },
  'a preset key that looks like a token': { env: { BLNK_API_KEY: 'blnk_at_12345678901234567890' }, names: /BLNK_API_KEY must start with blnk_/ },
  'routes that there are not': { env: { PROXY_ROUTES: 'all' }, names: /PROXY_ROUTES must be one of documented, core, any/ },
  'a Core without a URL': { env: { CORE_KEY: 'secret' }, names: /CORE_KEY is set without CORE_URL/ },
  'a Core that is no URL': { env: { CORE_URL: 'core:5001' }, names: /CORE_URL must be a URL/ }
}

test.each(Object.entries(WRONG_BY_ITSELF))('%s', (_name, { env = {}, names }) => {
  expect(() => readConfig(env)).toThrow(SettingError)
  expect(() => readConfig(env)).toThrow(names)
})

test.each(Object.entries(WRONG))('%s', async (_name, { args = [], env = {}, names }) => {
  expectRefusal(await run(['start', '--json', '--data-dir', 'data', ...args], { cwd, env: { PORT: '0', ...env } }), names)
})

test('what someone else put into a data directory stays', () => {
  expect(readFileSync(join(cwd, 'foreign', 'postgres', 'PG_VERSION'), 'utf8')).toBe('18\n')
  expect((statSync(join(cwd, 'foreign')).mode & 0o777).toString(8)).toBe('755')
})

test('a secret in a setting that is refused is not repeated', async () => {
  const { stderr } = await run(['start', '--port', '0', '--ephemeral'], { cwd, env: { CORE_URL: 'http://user:hunter2@127.0.0.1:5001', BLNK_API_KEY: 'blnk_hunter3-hunter3-hunter3' } })
  expect(stderr).not.toMatch(/hunter/)
})

test('a second process on one data directory names the first', async () => {
  const first = await start(['--data-dir', 'shared'], { cwd })
  expectRefusal(await run(['start', '--port', '0', '--data-dir', 'shared'], { cwd }), new RegExp(`in use by process ${first.child.pid}\\b`))
  expect((await first.proxy('GET', '/ledgers')).status).toBe(200)
  expect(await first.stop()).toBe(0)
})

test('a database whose secrets were sealed with another key is refused', async () => {
  const first = await start(['--data-dir', 'sealed'], { cwd })
  expect(await first.stop()).toBe(0)
  expectRefusal(await run(['start', '--port', '0', '--data-dir', 'sealed'], { cwd, env: { BLNK_ENCRYPTION_KEY: 'b'.repeat(64) } }), /BLNK_ENCRYPTION_KEY is not the key/)
})
