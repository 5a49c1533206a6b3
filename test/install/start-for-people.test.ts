import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test, vi } from 'vitest'
import { launch, start, workFolder } from '../house/command.js'
import { ROOT } from '../house/source-files.js'

// Several starts in one test, each of which takes seconds on a busy machine.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const cwd = workFolder()
const shell = async (command: string, env: Readonly<Record<string, string>> = {}): Promise<string> =>
  (await promisify(execFile)('bash', ['-c', command], { env: { PATH: process.env['PATH'] ?? '', ...env } })).stdout

test('a start prints what to use, and curl commands that work when pasted; later ones have no key', async () => {
  const first = launch(['start', '--port', '0'], { cwd })
  const shown = await first.until(/curl[^\n]*\n[^\n]*curl[^\n]*\n/)
  const key = /API key +(blnk_[\w-]{43})/.exec(shown)?.[1] as string
  expect(shown).toMatch(/Base URL +http:\/\/127\.0\.0\.1:\d+\n/)
  expect(shown).toMatch(/Instance id +inst_/)
  expect(shown).toMatch(/Admin token +in \.blnk-gateway\/admin-token\n/)
  const page = /All routes +(http:\S+)/.exec(shown)?.[1] as string
  expect((await fetch(page)).headers.get('content-type')).toContain('text/html')
  const [make, read] = shown.split('\n').filter((line) => line.trimStart().startsWith('curl')) as [string, string]
  expect(JSON.parse(await shell(`${make} -s`))).toMatchObject({ name: 'My first ledger' })
  expect(await shell(`${read} -s`)).toContain('My first ledger')
  first.child.kill('SIGTERM')
  expect((await first.ended).code).toBe(0)
  expect((await first.ended).stdout).not.toContain((await adminToken()))

  const second = launch(['start', '--port', '0'], { cwd })
  const again = await second.until(/curl[^\n]*\n[^\n]*curl[^\n]*\n/)
  expect(again).not.toContain(key)
  const commands = again.split('\n').filter((line) => line.trimStart().startsWith('curl')) as [string, string]
  expect(commands[1]).toContain('$BLNK_API_KEY')
  expect(await shell(`${commands[1]} -s`, { BLNK_API_KEY: key })).toContain('My first ledger')
  second.child.kill('SIGTERM')
  expect((await second.ended).code).toBe(0)
})

test('a gateway in memory shows the admin token, which is kept nowhere; a preset one is shown by none', async () => {
  const use = async (shown: string, token: string): Promise<number> =>
    (await fetch(`${/Base URL +(\S+)/.exec(shown)?.[1] as string}/admin/keys`, { headers: { Authorization: `Bearer ${token}` } })).status
  const own = launch(['start', '--ephemeral', '--port', '0'], { cwd })
  const shown = await own.until(/curl[^\n]*\n[^\n]*curl[^\n]*\n/)
  expect(await use(shown, /Admin token +(\S+)/.exec(shown)?.[1] as string)).toBe(200)
  const [paste] = /export BLNK_ADMIN_URL=\S+ BLNK_ADMIN_TOKEN=\S+/.exec(await own.until(/export .*\n/)) as unknown as [string]
  expect(await shell(`${paste}; '${process.execPath}' '${join(ROOT, 'dist/src/cli/bin.js')}' status`)).toMatch(/sandbox +UP/)
  own.child.kill('SIGTERM')
  expect((await own.ended).code).toBe(0)

  const token = 'an-admin-token-of-32-characters.'
  const preset = launch(['start', '--ephemeral', '--port', '0'], { cwd, env: { BLNK_ADMIN_TOKEN: token } })
  const other = await preset.until(/curl[^\n]*\n[^\n]*curl[^\n]*\n/)
  expect(other).not.toContain(token)
  expect(await use(other, token)).toBe(200)
  preset.child.kill('SIGTERM')
  expect((await preset.ended).code).toBe(0)
})

const adminToken = async (): Promise<string> => (await shell(`cat '${join(cwd, '.blnk-gateway', 'admin-token')}'`)).trim()

test('presets are taken as they are, and a restart with others changes what they name', async () => {
  const env = { BLNK_API_KEY: 'blnk_preset-of-a-container', BLNK_INSTANCE_ID: 'ledger-of-ci', BLNK_ADMIN_TOKEN: 'an-admin-token-of-32-characters.', SANDBOX_CORE_KEY: 'the-key-of-the-sandbox' }
  const gateway = await start(['--data-dir', 'preset'], { cwd, env })
  expect(gateway.line).toMatchObject({ api_key: env.BLNK_API_KEY, instance_id: env.BLNK_INSTANCE_ID, admin_token: env.BLNK_ADMIN_TOKEN, sandbox_core_key: env.SANDBOX_CORE_KEY })
  expect((await gateway.proxy('POST', '/ledgers', { name: 'preset' })).status).toBe(201)
  expect((await fetch(`${gateway.line.sandbox_core_url}/ledgers`, { headers: { 'X-Blnk-Key': env.SANDBOX_CORE_KEY } })).status).toBe(200)
  expect(await gateway.stop()).toBe(0)

  const other = { ...env, BLNK_API_KEY: 'blnk_another-preset-of-a-container', SANDBOX_CORE_KEY: 'another-key-of-the-sandbox' }
  const again = await start(['--data-dir', 'preset'], { cwd, env: other })
  expect((await again.proxy('GET', '/ledgers')).status).toBe(200)
  expect((await fetch(`${again.line.sandbox_core_url}/ledgers`, { headers: { 'X-Blnk-Key': env.SANDBOX_CORE_KEY } })).status).toBe(401)
  // The first preset is a key like others, until it is revoked.
  const before = await fetch(`${again.line.url}/proxy/ledgers?instance_id=ledger-of-ci`, { headers: { Authorization: `Bearer ${env.BLNK_API_KEY}` } })
  expect(before.status).toBe(200)
  expect(await again.stop()).toBe(0)
})

test('a real Core from the environment is an instance, and its key reaches it and no one else', async () => {
  const core = await start(['--ephemeral'], { cwd })
  const env = { SANDBOX: 'off', CORE_URL: core.line.sandbox_core_url, CORE_KEY: core.line.sandbox_core_key, CORE_INSTANCE_ID: 'real' }
  const gateway = await start(['--ephemeral'], { cwd, env })
  expect(gateway.line).toMatchObject({ instance_id: 'real', sandbox_core_url: null, sandbox_core_key: null })
  expect((await gateway.proxy('POST', '/ledgers', { name: 'through two' })).status).toBe(201)
  expect((await core.proxy('GET', '/ledgers')).json).toMatchObject([{ name: 'through two' }, {}])
  expect(await core.stop()).toBe(0)
  expect((await gateway.proxy('GET', '/ledgers')).status).toBe(502)
  expect((await fetch(`${gateway.line.url}/health/ready`)).status).toBe(200)
  expect(await gateway.stop()).toBe(0)
})

test('on an address that other machines reach, the admin API is on ADMIN_PORT alone', async () => {
  const open = await start(['--ephemeral', '--host', '0.0.0.0'], { cwd })
  const { port } = new URL(open.line.url)
  const headers = { Authorization: `Bearer ${open.line.admin_token}` }
  expect((await fetch(`http://127.0.0.1:${port}/admin/keys`, { headers })).status).toBe(404)
  expect(await open.stop()).toBe(0)

  const split = await start(['--host', '0.0.0.0', '--data-dir', 'split'], { cwd, env: { ADMIN_PORT: '0' } })
  expect((await fetch(`http://127.0.0.1:${new URL(split.line.url).port}/admin/keys`, { headers: { Authorization: `Bearer ${split.line.admin_token}` } })).status).toBe(404)
  const { admin_url: admin } = JSON.parse(await shell(`cat '${join(cwd, 'split', 'gateway.json')}'`)) as { admin_url: string }
  expect(admin).toMatch(/^http:\/\/127\.0\.0\.1:/)
  // A scraper needs no token there.
  expect((await fetch(`${admin}/metrics`)).status).toBe(200)
  const { port: main } = new URL(split.line.url)
  expect((await fetch(`http://127.0.0.1:${main}/metrics`)).status).toBe(401)
  expect((await fetch(`http://127.0.0.1:${main}/metrics`, { headers })).status).toBe(401)
  expect((await fetch(`http://127.0.0.1:${main}/metrics`, { headers: { Authorization: `Bearer ${split.line.admin_token}` } })).status).toBe(200)
  expect((await fetch(`${admin}/admin/keys`, { headers: { Authorization: `Bearer ${split.line.admin_token}` } })).status).toBe(200)
  expect((await fetch(`${admin}/proxy/ledgers?instance_id=${split.line.instance_id}`, { headers: { Authorization: `Bearer ${split.line.api_key ?? ''}` } })).status).toBe(404)
  expect(await split.stop()).toBe(0)
})

test('npm start --silent prints one line of JSON and nothing else', async () => {
  // A group of its own: npm runs a shell, which runs node.
  const npm = spawn('npm', ['start', '--silent', '--', '--ephemeral', '--port', '0', '--json'], {
    cwd: ROOT, env: { PATH: process.env['PATH'], HOME: cwd, npm_config_update_notifier: 'false' }, stdio: ['ignore', 'pipe', 'ignore'], detached: true
  })
  let stdout = ''
  npm.stdout.setEncoding('utf8').on('data', (text: string) => { stdout += text })
  const ended = once(npm, 'close')
  try {
    while (!stdout.includes('\n')) await once(npm.stdout, 'data')
    const { url } = JSON.parse(stdout) as { url: string }
    expect((await fetch(`${url}/health/ready`)).status).toBe(200)
  } finally {
    process.kill(-(npm.pid as number), 'SIGTERM')
  }
  await ended
  expect(stdout.trimEnd().split('\n').length).toBe(1)
})
