import { expect, test } from 'vitest'
import { isLoopback, readConfig, SettingError, SETTINGS } from '../src/config.js'

const HEX = 'ab'.repeat(32)
const TOKEN = 't'.repeat(32)

test.each([
  [{ PORT: 'x' }, 'PORT'],
  [{ PORT: '65536' }, 'PORT'],
  [{ PORT: '-1' }, 'PORT'],
  [{ EPHEMERAL: 'yes' }, 'EPHEMERAL'],
  [{ LOG_LEVEL: 'loud' }, 'LOG_LEVEL'],
  [{ PROXY_ROUTES: 'all' }, 'PROXY_ROUTES'],
  [{ SANDBOX: 'maybe' }, 'SANDBOX'],
  [{ BLNK_API_KEY: 'sk_live_0123456789abcdef' }, 'BLNK_API_KEY'],
  [{ BLNK_API_KEY: 'blnk_short' }, 'BLNK_API_KEY'],
  [{ BLNK_API_KEY: 'blnk_rt_0123456789abcdef0123456789' }, 'BLNK_API_KEY'],
  [{ BLNK_API_KEY: 'blnk_0123456789 abcdef0123456789' }, 'BLNK_API_KEY'],
  [{ BLNK_ADMIN_TOKEN: 'short' }, 'BLNK_ADMIN_TOKEN'],
  [{ BLNK_ADMIN_TOKEN: 'with a space'.repeat(4) }, 'BLNK_ADMIN_TOKEN'],
  [{ BLNK_ADMIN_TOKEN: `${TOKEN}!` }, 'BLNK_ADMIN_TOKEN'],
  [{ BLNK_ENCRYPTION_KEY: 'abc' }, 'BLNK_ENCRYPTION_KEY'],
  [{ BLNK_INSTANCE_ID: 'a b' }, 'BLNK_INSTANCE_ID'],
  [{ DATABASE_URL: 'mysql://x' }, 'DATABASE_URL'],
  [{ DATABASE_URL: 'postgres://h/d', BLNK_ADMIN_TOKEN: TOKEN }, 'BLNK_ENCRYPTION_KEY'],
  [{ DATABASE_URL: 'postgres://h/d', BLNK_ENCRYPTION_KEY: HEX }, 'BLNK_ADMIN_TOKEN'],
  [{ DATABASE_URL: 'postgres://h/d', BLNK_ENCRYPTION_KEY: HEX, BLNK_ADMIN_TOKEN: TOKEN, EPHEMERAL: 'true' }, 'EPHEMERAL'],
  [{ CORE_URL: 'core:5001' }, 'CORE_URL'],
  [{ TRUST_PROXY: '1' }, 'TRUST_PROXY'],
  [{ TRUST_PROXY: '10.0.0.0/33' }, 'TRUST_PROXY'],
  [{ TRUST_PROXY: 'loopback, proxy.example' }, 'TRUST_PROXY'],
  [{ OAUTH_AUTO_APPROVE: 'true' }, 'OAUTH_AUTO_APPROVE'],
  [{ OAUTH_ACCESS_TTL: '0' }, 'OAUTH_ACCESS_TTL'],
  [{ CORE_KEY: 'k' }, 'CORE_URL'],
  [{ PORT: '4100', ADMIN_PORT: '4100' }, 'ADMIN_PORT'],
  [{ CORE_URL: 'http://h', BLNK_INSTANCE_ID: 'inst_core' }, 'CORE_INSTANCE_ID']
])('a wrong setting is one sentence that names it: %o', (environment, named) => {
  expect(() => readConfig(environment)).toThrow(SettingError)
  expect(() => readConfig(environment)).toThrow(new RegExp(`^(?!.*\\n).*\\b${named}\\b`))
})

test('a wrong secret is not repeated in the sentence', () => {
  for (const environment of [{ BLNK_API_KEY: 'blnk_s3cr3t' }, { BLNK_ADMIN_TOKEN: 's3cr3t' }, { BLNK_ENCRYPTION_KEY: 's3cr3t' }, { DATABASE_URL: 'mysql://u:s3cr3t@h' }, { SANDBOX_CORE_KEY: 's3cr3t' }]) {
    try {
      readConfig(environment)
      expect.unreachable()
    } catch (error) {
      expect((error as Error).message).not.toContain('s3cr3t')
    }
  }
})

test('flags win over the environment, and an empty variable is absent', () => {
  expect(readConfig({ PORT: '1' }, { port: '2' }).port).toBe(2)
  expect(readConfig({ PORT: '' }).port).toBe(4100)
})

test('the sandbox is on by itself without a server, and only when asked with one', () => {
  const server = { DATABASE_URL: 'postgres://h/d', BLNK_ENCRYPTION_KEY: HEX, BLNK_ADMIN_TOKEN: TOKEN }
  expect(readConfig({}).sandbox).toBe(true)
  expect(readConfig({ SANDBOX: 'off' }).sandbox).toBe(false)
  expect(readConfig(server).sandbox).toBe(false)
  expect(readConfig({ ...server, SANDBOX: 'on' }).sandbox).toBe(true)
})

test('an encryption key is 32 bytes in hexadecimal or base64', () => {
  expect(readConfig({ BLNK_ENCRYPTION_KEY: HEX }).encryptionKey).toEqual(Buffer.from(HEX, 'hex'))
  expect(readConfig({ BLNK_ENCRYPTION_KEY: Buffer.from(HEX, 'hex').toString('base64') }).encryptionKey).toEqual(Buffer.from(HEX, 'hex'))
})

test('every setting is described, once', () => {
  const names = Object.values(SETTINGS).map((one) => one.env)
  expect(new Set(names).size).toBe(names.length)
  for (const one of Object.values(SETTINGS)) expect(one.about).toMatch(/\.$/)
})

test.each([['127.0.0.1', true], ['127.8.8.8', true], ['::1', true], ['localhost', true], ['0.0.0.0', false], ['::', false], ['10.0.0.1', false]])('%s is a loopback address: %s', (host, is) => {
  expect(isLoopback(host)).toBe(is)
})
