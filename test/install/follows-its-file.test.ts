import { spawnSync } from 'node:child_process'
import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, expect, test, vi } from 'vitest'
import { keepSecrets } from '../support/kept.js'
import { run, start, workFolder, type Started } from '../house/command.js'
import { ROOT } from '../house/source-files.js'

// One start and its reloads, on a machine that may be busy.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const cwd = workFolder()
const CORE_SECRET = 'of-the-core-behind'
const FIRST = `blnk_${'f'.repeat(43)}`
const SECOND = `blnk_${'s'.repeat(43)}`
const LIMIT = { timeout: 60_000, interval: 100 }
keepSecrets(CORE_SECRET, FIRST, SECOND)

/** As Kubernetes renews a volume: the files lie in a folder that a link names, and the link is replaced at once. */
function mount (version: string, text: string, apiKey: string): void {
  mkdirSync(join(cwd, version))
  writeFileSync(join(cwd, version, 'gateway.yaml'), text)
  writeFileSync(join(cwd, version, 'api-key'), `${apiKey}\n`)
  symlinkSync(version, join(cwd, '..new'))
  renameSync(join(cwd, '..new'), join(cwd, '..data'))
}

const text = (scopes: string, more = ''): string => `
settings: {blnk_instance_id: box${more}}
instances:
  production: {core_url: http://127.0.0.1:1, core_key: "\${OF_PRODUCTION}"}
keys:
  ci: {key: file:api-key, scopes: [${scopes}], instance: box}
`

let gateway: Started
const admin = async (method: string, path: string, body?: object): Promise<{ status: number, json: { code?: string, data: Array<Record<string, unknown>>, error_detail?: { code: string } } }> => {
  const answer = await fetch(`${gateway.line.url}/admin${path}`, { method, headers: { Authorization: `Bearer ${gateway.line.admin_token}`, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) }, body: body === undefined ? null : JSON.stringify(body) })
  return { status: answer.status, json: await answer.json() as never }
}
const proxy = async (key: string, method = 'GET', path = '/ledgers'): Promise<number> => (await fetch(`${gateway.line.url}/proxy${path}?instance_id=box`, {
  method, headers: { Authorization: `Bearer ${key}`, ...(method === 'GET' ? {} : { 'Content-Type': 'application/json' }) }, body: method === 'GET' ? null : '{"name":"x"}'
})).status

beforeAll(async () => {
  mount('v1', text('proxy:read'), FIRST)
  symlinkSync('..data/gateway.yaml', join(cwd, 'gateway.yaml'))
  symlinkSync('..data/api-key', join(cwd, 'api-key'))
  gateway = await start(['--ephemeral', '--config', 'gateway.yaml'], { cwd, env: { OF_PRODUCTION: CORE_SECRET } })
})

test('what the file says is there from the start, and the admin API does not change it', async () => {
  expect(gateway.line.instance_id).toBe('box')
  expect([await proxy(FIRST), await proxy(FIRST, 'POST')]).toEqual([200, 403])
  const { json: { data: instances } } = await admin('GET', '/instances')
  expect(instances.map((one) => [one['instance_id'], one['managed_by'], one['has_core_key']])).toEqual(expect.arrayContaining([['box', null, true], ['production', 'file', true]]))
  const { json: { data: keys } } = await admin('GET', '/keys')
  const ci = keys.find((one) => one['name'] === 'ci') as { id: string, managed_by: string }
  expect(ci.managed_by).toBe('file')
  for (const [method, path] of [['PUT', '/instances/production'], ['DELETE', '/instances/production'], ['PUT', `/keys/${ci.id}`], ['DELETE', `/keys/${ci.id}`]] as const) {
    const { status, json } = await admin(method, path, method === 'PUT' ? { name: 'other' } : undefined)
    expect([method, path, status, json.error_detail?.code]).toEqual([method, path, 409, 'MANAGED_BY_FILE'])
  }
})

test('a change is taken up by itself, whole, with the files that it refers to; what needs a restart is said', async () => {
  mount('v2', `${text('"*"', ', proxy_routes: any, docs: off')}  more: {hash: "sha256:${'ab'.repeat(32)}", scopes: ["*"]}\n`.replace('keys:', '  second: {sandbox: true}\nkeys:'), SECOND)
  await expect.poll(async () => await proxy(SECOND, 'POST'), LIMIT).toBe(201)
  expect([await proxy(FIRST), await proxy(SECOND, 'GET', '/hooks')]).toEqual([401, 200])
  await expect.poll(async () => (await admin('GET', '/instances')).json.data.map((one) => one['instance_id']), LIMIT).toContain('second')
  await expect.poll(() => gateway.stderr(), LIMIT).toMatch(/gateway\.yaml was read: 1 instance created, 1 key updated, 1 key created, PROXY_ROUTES changed/)
  expect(gateway.stderr()).toContain('gateway.yaml: DOCS stays as it is until a restart')
})

test('a broken file changes nothing, on SIGHUP too, and is told by one line with its place', async () => {
  const broken = text('"*"').replace('instances:', 'instanses:').replace('scopes', 'scope')
  mount('v3', broken, SECOND)
  await expect.poll(() => gateway.stderr(), LIMIT).toMatch(/gateway\.yaml:3:1: instanses: .*did you mean \\"instances\\"\? \(and \d more: .*\): the last good configuration stays/)
  expect([await proxy(SECOND), (await admin('GET', '/instances')).json.data.length]).toEqual([200, 3])
  gateway.child.kill('SIGHUP')
  await expect.poll(() => gateway.stderr(), LIMIT).toContain('SIGHUP: reading or opening again gateway.yaml')
  expect(await proxy(SECOND)).toBe(200)
})

test('what the file no longer has is revoked and removed, and what was made otherwise stays', async () => {
  mount('v4', 'settings: {blnk_instance_id: box}\n', SECOND)
  await expect.poll(async () => await proxy(SECOND), LIMIT).toBe(401)
  await expect.poll(async () => (await admin('GET', '/instances')).json.data.map((one) => one['instance_id']), LIMIT).toEqual(['box'])
  expect(await proxy(gateway.line.api_key as string)).toBe(200)
  // The setting is the standard again.
  await expect.poll(async () => await proxy(gateway.line.api_key as string, 'GET', '/hooks'), LIMIT).toBe(404)
  expect(gateway.stderr()).not.toMatch(new RegExp(`${FIRST}|${SECOND}|${CORE_SECRET}`))
  expect(await gateway.stop()).toBe(0)
})

test('config check finds nothing in deploy/gateway.yaml and names every variable that it lacks', async () => {
  const file = join(ROOT, 'deploy/gateway.yaml')
  const env = { DATABASE_URL: 'postgres://gateway:s3cr3t@db/gateway', BLNK_ENCRYPTION_KEY: 'ab'.repeat(32), BLNK_ADMIN_TOKEN: 's3cr3t'.repeat(6), PRODUCTION_CORE_KEY: 's3cr3t', PRODUCTION_DATABASE_PASSWORD: 's3cr3t', CHECKOUT_API_KEY: `blnk_${'k'.repeat(40)}s3cr3t` }
  const [right, wrong, printed] = await Promise.all([run(['config', 'check', file], { cwd, env }), run(['config', 'check', file], { cwd }), run(['config', 'print', file, '--port', '7'], { cwd, env })])
  expect([right.code, right.stderr]).toEqual([0, ''])
  expect(right.stdout).toMatch(/production +Production +https:\/\/core\.internal:5001 +core_key set, database_url set, core_ca not set/)
  expect(right.stdout).toMatch(/PROXY_ROUTES +documented +\S*gateway\.yaml:\d+:\d+$/m)
  expect(wrong.code).toBe(2)
  for (const name of Object.keys(env)) expect(wrong.stderr).toMatch(new RegExp(`gateway\\.yaml:\\d+:\\d+: \\S+: the variable ${name} is not set`))
  expect(printed.stdout).toMatch(/^ {2}port: 7 {2}# --port$/m)
  expect(printed.stdout).toMatch(/^ {2}# blnk_admin_token: set {2}# environment$/m)
  expect(right.stdout + printed.stdout).not.toContain('s3cr3t')
})

test('keys hash prints what a file holds in place of a key, which comes by standard input', async () => {
  const bin = fileURLToPath(new URL('../../dist/src/cli/bin.js', import.meta.url))
  const hash = (input: string): { status: number | null, stdout: string, stderr: string } => spawnSync(process.execPath, [bin, 'keys', 'hash'], { cwd, input, encoding: 'utf8' })
  // printf %s KEY | sha256sum
  expect(hash(`${FIRST}\n`).stdout).toBe('sha256:09b01380612b1faf57fcd51252c49c3ade9b442759eeffd997c95c38f1e92088\n')
  expect(hash('sk_live_0123456789abcdef0123')).toMatchObject({ status: 2, stdout: '', stderr: expect.stringMatching(/^blnk-gateway: The key on standard input must start with blnk_/) as string })
})
