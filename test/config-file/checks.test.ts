/* eslint-disable no-template-curly-in-string */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fastify from 'fastify'
import { parse } from 'yaml'
import { afterAll, describe, expect, test } from 'vitest'
import { SETTINGS, type Config } from '../../src/config.js'
import { checkFile, type Checked } from '../../src/config-file/check.js'
import { examine, loadConfig } from '../../src/config-file/load.js'
import { fileSchema, isSecret } from '../../src/config-file/members.js'
import { holdsPassword, resolveText, withoutPassword } from '../../src/config-file/references.js'
import { shownSettings } from '../../src/config-file/show.js'
import { readText } from '../../src/config-file/text.js'
import { textOf } from '../house/source-files.js'

const HASH = `sha256:${'ab'.repeat(32)}`
const KEY = `blnk_${'k'.repeat(43)}`
const ENVIRONMENT: Readonly<Record<string, string>> = { CORE_KEY: 's3cr3t-core', API_KEY: KEY, EMPTY: '', PASSWORD: 's3cr3t' }
const FILES: Readonly<Record<string, string>> = { '/etc/gw/key': `${KEY}\n`, '/etc/gw/empty': '\n', '/run/secret': 'two\nlines\r\n' }

const referred = {
  folder: '/etc/gw',
  variable: (name: string) => ENVIRONMENT[name],
  read (path: string): string {
    if (FILES[path] === undefined) throw Object.assign(new Error('no'), { code: 'ENOENT' })
    return FILES[path]
  }
}
const check = (text: string): Checked => checkFile(readText(text, 'gateway.yaml'), (each) => resolveText(each, referred))

describe('references', () => {
  test.each([
    ['plain', 'plain'],
    ['${CORE_KEY}', 's3cr3t-core'],
    ['postgres://u:${PASSWORD}@h/d', 'postgres://u:s3cr3t@h/d'],
    ['$${CORE_KEY}', '${CORE_KEY}'],
    ['costs $5', 'costs $5'],
    ['file:key', KEY],
    ['file:/run/secret', 'two\nlines']
  ])('%s', (text, value) => {
    expect(resolveText(text, referred)).toBe(value)
  })
  test.each([
    ['${NOT_SET}', 'the variable NOT_SET is not set'],
    ['a${EMPTY}', 'the variable EMPTY is not set'],
    ['${a-b}', '${a-b} is not a reference'],
    ['file:none', '/etc/gw/none cannot be read (ENOENT)'],
    ['file:empty', '/etc/gw/empty is empty']
  ])('%s is refused', (text, sentence) => {
    expect(() => resolveText(text, referred)).toThrow(sentence)
  })
  test('a variable that holds a reference is not followed', () => {
    expect(resolveText('${X}', { ...referred, variable: () => 'file:/etc/shadow' })).toBe('file:/etc/shadow')
    expect(resolveText('${X}', { ...referred, variable: () => '${CORE_KEY}' })).toBe('${CORE_KEY}')
  })
})

describe('what is wrong is said with its place, and all of it', () => {
  test.each<[text: string, ...problems: string[]]>([
    ['settings:\n  proxy_route: any\n', 'gateway.yaml:2:3: settings.proxy_route: settings has no proxy_route: did you mean "proxy_routes"?'],
    ['setings: {}\n', 'gateway.yaml:1:1: setings: a configuration file has no setings: did you mean "settings"?'],
    ['', 'gateway.yaml: has none of settings, instances, keys: write {} for a file that says nothing'],
    ['- a\n', 'gateway.yaml: has none of settings, instances, keys: write {} for a file that says nothing'],
    ['settings:\n  port: 1\n  port: 2\n', 'gateway.yaml:3:3: Map keys must be unique'],
    ['settings: {port: }\n', 'gateway.yaml:1:12: settings.port: is empty: give it a value, or leave it out'],
    ['settings:\n  blnk_admin_token: 0123456789012345678901234567890123\n', 'gateway.yaml:2:21: settings.blnk_admin_token: name where it is, as ${NAME} or file:PATH: the file holds no secret'],
    ['settings:\n  database_url: postgres://u:s3cr3t@h/d\n', 'gateway.yaml:2:17: settings.database_url: it holds a password: name where it is, as ${NAME} or file:PATH: the file holds no secret'],
    ['settings: {config_file: other.yaml}\n', 'gateway.yaml:1:12: settings.config_file: a file does not name another: give it by CONFIG_FILE or --config'],
    ['instances: [a]\n', 'gateway.yaml:1:12: instances: instances is a map of members'],
    ['instances:\n  "a b": {}\n', 'gateway.yaml:2:10: instances["a b"]: the id must be 1 to 128 letters, digits, dots, colons, - and _'],
    ['instances:\n  a: {core_uri: http://h}\n', 'gateway.yaml:2:7: instances.a.core_uri: an instance has no core_uri: did you mean "core_url"?'],
    ['instances:\n  a: {core_url: core:5001, core_key: plain}\n', 'gateway.yaml:2:38: instances.a.core_key: name where it is, as ${NAME} or file:PATH: the file holds no secret', 'gateway.yaml:2:17: instances.a.core_url: core_url must be a URL that starts with http:// or https://'],
    ['instances:\n  a: {sandbox: true, core_url: http://h}\n', 'gateway.yaml:2:22: instances.a.core_url: a sandbox has a name alone'],
    ['instances:\n  a: {core_ca: /etc/ca.pem}\n', 'gateway.yaml:2:16: instances.a.core_ca: must be a certificate in PEM: file:core-ca.pem'],
    [`keys:\n  ci: {key: ${KEY}, scopes: ["*"]}\n`, 'gateway.yaml:2:13: keys.ci.key: a key does not stand in the file: write key: ${NAME} or key: file:PATH, or its hash, which blnk-gateway keys hash prints'],
    [`keys:\n  ci: {hash: ${KEY}, scopes: ["*"]}\n`, 'gateway.yaml:2:14: keys.ci.hash: a key does not stand in the file: write key: ${NAME} or key: file:PATH, or its hash, which blnk-gateway keys hash prints'],
    ['keys:\n  ci: {hash: md5:00, scopes: ["*"]}\n', 'gateway.yaml:2:14: keys.ci.hash: must be sha256: and 64 hexadecimal digits, as blnk-gateway keys hash prints them'],
    ['keys:\n  ci: {scopes: ["*"]}\n', 'gateway.yaml:2:7: keys.ci: a key needs its hash: blnk-gateway keys hash prints it'],
    [`keys:\n  ci: {hash: "${HASH}", key: file:key, scopes: ["*"]}\n`, 'gateway.yaml:2:7: keys.ci: a key has either hash or key'],
    [`keys:\n  ci: {hash: "${HASH}", scopes: [proxy:reed, all]}\n`, 'gateway.yaml:2:98: keys.ci.scopes[0]: "proxy:reed" is not a scope: did you mean "proxy:read"?', 'gateway.yaml:2:110: keys.ci.scopes[1]: "all" is not a scope: there are *, proxy:read, proxy:write, data:read, data:write, alerts:read, alerts:write, mcp:read and more'],
    [`keys:\n  ci: {hash: "${HASH}"}\n`, 'gateway.yaml:2:7: keys.ci: a key needs scopes: a list of what it may do'],
    [`keys:\n  ci: {hash: "${HASH}", scopes: ["*"], expires_at: 2027-01-01}\n`, 'gateway.yaml:2:116: keys.ci.expires_at: must be a time with its zone, such as 2027-01-31T00:00:00Z'],
    [`keys:\n  a: {hash: "${HASH}", scopes: ["*"]}\n  b: {hash: "${HASH}", scopes: ["*"]}\n`, 'gateway.yaml:3:3: keys.b: is the same key as keys.a: leave one of them out'],
    [`keys:\n  ci: {hash: "${HASH}", scopes: ["*"], addresses: [10.0.0.0/33]}\n`, 'gateway.yaml:2:116: keys.ci.addresses[0]: must be an address or a block in CIDR notation, such as 192.0.2.7, 10.0.0.0/8 or 2001:db8::/32'],
    [`keys:\n  ci: {hash: "${HASH}", scopes: ["*"], expires_at: 0000-01-01T00:00:00Z}\n`, 'gateway.yaml:2:116: keys.ci.expires_at: must be a time with its zone, such as 2027-01-31T00:00:00Z'],
    [`keys:\n  ci: {hash: "${HASH}", scopes: ["*"], expires_at: 9999-12-31T23:59:59-12:00}\n`, 'gateway.yaml:2:116: keys.ci.expires_at: must be a time with its zone, such as 2027-01-31T00:00:00Z'],
    [`keys:\n  "a\\0b": {hash: "${HASH}", scopes: ["*"]}\n`, 'gateway.yaml:2:3: keys["a\\u0000b"]: a name has 1 to 200 characters, none of them U+0000'],
    ['instances:\n  a: {name: "x\\0y"}\n', 'gateway.yaml:2:13: instances.a.name: has a character that is no text, such as U+0000'],
    ['keys: *none\n', 'gateway.yaml: is not taken: Unresolved alias (the anchor must be set before the alias): none'],
    ['<<: 5\n', 'gateway.yaml: is not taken: Merge sources must be maps or map aliases'],
    ['instances:\n  a: {core_key: "${NOT_SET}"}\n', 'gateway.yaml:2:17: instances.a.core_key: the variable NOT_SET is not set']
  ])('%s', (text, ...problems) => {
    expect(check(text).problems).toEqual(problems)
    expect(problems.join()).not.toContain(KEY)
  })
})

test.each([
  ['aliases that stand for ever more', ['a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]', ...[...'bcdef'].map((name, i) => `${name}: &${name} [${Array(10).fill(`*${'abcde'[i]}`).join(', ')}]`)].join('\n')],
  ['lists in lists', '['.repeat(50_000)]
])('%s are one problem', (_name, text) => {
  expect(check(text).problems).toEqual([expect.stringMatching(/^gateway\.yaml: is not taken: /)])
})

test('what stands in a file is read as it is written', () => {
  const { settings, objects, problems } = check(`
settings: {port: 04100, docs: on, ephemeral: true, cors_origins: [https://a.example, https://b.example], blnk_instance_id: 0012}
instances:
  core: {core_url: http://h, core_key: "\${CORE_KEY}", database_url: "postgres://u:\${PASSWORD}@h/d"}
  box: {name: Box, sandbox: true}
  bare:
keys:
  ci: {key: file:key, scopes: [proxy:read, proxy:read], instance: core, expires_at: 2027-01-31T00:00:00+01:00}
  by hash: {hash: "${HASH}", scopes: ["*"]}
`)
  expect(problems).toEqual([])
  expect([...settings].map(([env, { text }]) => [env, text])).toEqual([
    ['PORT', '04100'], ['DOCS', 'on'], ['EPHEMERAL', 'true'], ['CORS_ORIGINS', 'https://a.example,https://b.example'], ['BLNK_INSTANCE_ID', '0012']
  ])
  expect(objects.instances).toEqual([
    { instanceId: 'core', name: 'core', sandbox: false, coreUrl: 'http://h', coreKey: 's3cr3t-core', databaseUrl: 'postgres://u:s3cr3t@h/d', coreCa: null },
    { instanceId: 'box', name: 'Box', sandbox: true, coreUrl: null, coreKey: null, databaseUrl: null, coreCa: null },
    { instanceId: 'bare', name: 'bare', sandbox: false, coreUrl: null, coreKey: null, databaseUrl: null, coreCa: null }
  ])
  expect(objects.keys.map(({ hash, ...key }) => ({ ...key, hash: hash.toString('hex').slice(0, 4) }))).toMatchObject([
    { name: 'ci', prefix: KEY.slice(0, 13), scopes: ['proxy:read'], instanceId: 'core', expiresAt: '2027-01-30T23:00:00.000Z' },
    { name: 'by hash', prefix: 'sha256:abababab', hash: 'abab', instanceId: null, expiresAt: null }
  ])
})

describe('a file beside flags and environment', () => {
  const folder = mkdtempSync(join(tmpdir(), 'blnk-gateway-config-'))
  afterAll(() => { rmSync(folder, { recursive: true, force: true }) })
  const path = join(folder, 'gateway.yaml')
  const load = (text: string, environment: object = {}, flags: Record<string, string> = {}): Config => {
    writeFileSync(path, text)
    return loadConfig({ CONFIG_FILE: path, ...environment }, flags)
  }

  test('flags win over the environment, that over the file, and the file over the standard', () => {
    const text = 'settings: {port: 1, host: ::1, log_level: warn, bulk_fill: true}\n'
    expect(load(text, { PORT: '2', HOST: '127.0.0.2', LOG_LEVEL: '' }, { port: '3' })).toMatchObject({ port: 3, host: '127.0.0.2', logLevel: 'warn', bulkFill: true, docs: true })
    const shown = shownSettings(examine({ CONFIG_FILE: path, HOST: '127.0.0.2' }, { port: '3' }).origins)
    expect(Object.fromEntries(shown.map(({ name, from }) => [name, from]))).toMatchObject({ port: '--port', host: 'environment', log_level: expect.stringMatching(/gateway\.yaml:1:\d+$/) as string, docs: 'standard' })
  })

  test('a setting is refused in the same words, with its place, and the first sentence counts the rest', () => {
    expect(() => load('settings:\n  port: 99999\n  docs: maybe\n')).toThrow(new RegExp(`^${path}:2:9: settings\\.port: PORT must be .*"99999" \\(and 1 more: blnk-gateway config check .* shows it\\)$`))
    expect(() => load('settings: {ephemeral: true, database_url: postgres://h/d}\n')).toThrow('BLNK_ENCRYPTION_KEY must be set too')
    expect(() => loadConfig({}, { config: join(folder, 'none.yaml') })).toThrow(/^CONFIG_FILE \(--config\) .*none\.yaml cannot be read \(ENOENT\)$/)
  })

  test('read again, variables stay as they were and files are as they are now', () => {
    const environment = { CONFIG_FILE: path, OF_A: 'first' }
    writeFileSync(join(folder, 'url'), 'http://one\n')
    writeFileSync(path, 'instances: {a: {core_url: file:url, core_key: "${OF_A}"}}\n')
    const config = loadConfig(environment, {})
    writeFileSync(join(folder, 'url'), 'http://two\n')
    expect(config.file?.watched).toEqual([path, join(folder, 'url')])
    expect(config.file?.again().file?.objects.instances).toMatchObject([{ coreUrl: 'http://two', coreKey: 'first' }])
  })

  test('no secret is shown', () => {
    const secrets = { DATABASE_URL: 'postgres://u:s3cr3t@h/d?password=s3cr3t', BLNK_ENCRYPTION_KEY: 'ab'.repeat(32), BLNK_ADMIN_TOKEN: 's3cr3t'.repeat(6) }
    writeFileSync(path, '{}\n')
    const text = JSON.stringify(shownSettings(examine({ CONFIG_FILE: path, ...secrets }, {}).origins))
    expect(text).not.toMatch(/s3cr3t|abab/)
    expect(text).toContain('postgres://***@h/d?password=***')
    expect(Object.values(SETTINGS).map(({ env }) => env).filter(isSecret)).toEqual(expect.arrayContaining(['BLNK_ENCRYPTION_KEY', 'BLNK_ADMIN_TOKEN', 'BLNK_API_KEY', 'CORE_KEY', 'SANDBOX_CORE_KEY']))
  })
})

test.each([
  ['postgres://u:s3cr3t@h/d', 'postgres://***@h/d'],
  ['postgres://u:p@s3cr3t@h/d', 'postgres://***@h/d'],
  ['postgres://u@h/d?user=a@b', 'postgres://u@h/d?user=a@b'],
  ['postgres://h/d?sslpassword=s3cr3t&sslmode=require', 'postgres://h/d?sslpassword=***&sslmode=require'],
  ['redis://:a@b:s3cr3t@h:1', 'redis://***@h:1'],
  ['https://s3cr3t@h:4318/v1', 'https://***@h:4318/v1']
])('%s is shown as %s', (url, shown) => {
  expect(withoutPassword(url)).toBe(shown)
  expect(holdsPassword(url)).toBe(/s3cr3t/.test(url) && !url.startsWith('https'))
})

describe('docs/gateway.schema.json', () => {
  const app = fastify({ ajv: { customOptions: { allowUnionTypes: true, coerceTypes: false, removeAdditional: false, strictRequired: false } } })
  app.post('/', { schema: { body: fileSchema() } }, async () => ({}))
  afterAll(async () => { await app.close() })
  const accepts = async (text: string): Promise<boolean> => (await app.inject({ method: 'POST', url: '/', payload: parse(text) as object })).statusCode === 200

  test('is the one of the program', () => {
    expect(JSON.parse(textOf('docs/gateway.schema.json'))).toEqual(fileSchema())
  })

  test('agrees with the program over what is right and wrong', async () => {
    expect(await accepts(textOf('deploy/gateway.yaml'))).toBe(true)
    for (const text of ['setings: {}', 'settings: {proxy_route: any}', 'settings: {blnk_admin_token: in-clear}', 'instances: {a: {core_uri: http://h}}', 'instances: {a: {core_key: plain}}', 'keys: {a: {scopes: ["*"]}}', `keys: {a: {hash: "${HASH}", scopes: [all]}}`, `keys: {a: {hash: "${HASH}"}}`]) {
      expect([text, check(text).problems.length > 0, await accepts(text)]).toEqual([text, true, false])
    }
    for (const text of ['{}', 'settings:', 'settings: {port: 1, cors_origins: [http://h]}', 'instances: {a: {sandbox: true}}', `keys: {a: {hash: "${HASH}", scopes: ["*"]}}`]) {
      expect([text, check(text).problems, await accepts(text)]).toEqual([text, [], true])
    }
  })
})
