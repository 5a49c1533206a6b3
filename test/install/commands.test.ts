import { createServer } from 'node:http'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { browser } from '../support/browser.js'
import { launch, run, start, workFolder, type Running, type Started } from '../house/command.js'

// Several starts in one test, each of which takes seconds on a busy machine.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const cwd = workFolder()
const elsewhere = workFolder()
let gateway: Started
let following: Running

beforeAll(async () => {
  gateway = await start([], { cwd })
  following = launch(['logs', '-f', '--status', '4xx'], { cwd })
})
afterAll(async () => {
  expect(await gateway.stop()).toBe(0)
  const { code, stderr } = await following.ended
  expect([code, stderr]).toEqual([0, 'blnk-gateway: the gateway stops: no more requests\n'])
})

/** The command's output where it succeeds. */
async function says (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
  const { code, stdout, stderr } = await run(args, { cwd, env })
  expect([code, stderr]).toEqual([0, ''])
  return stdout
}

async function saysJson <T> (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<T> {
  return JSON.parse(await says([...args, '--json'], env)) as T
}

const ledgers = async (key: string): Promise<number> => (await fetch(`${gateway.line.url}/proxy/ledgers?instance_id=${gateway.line.instance_id}`, { headers: { Authorization: `Bearer ${key}` } })).status

test('password: set by standard input, taken by the login, and taken away', async () => {
  const login = async (password: string): Promise<number> => {
    const { get, post } = browser(gateway.line.url)
    return (await post('/login', { ...(await get('/login')).fields, password })).status
  }
  const set = await run(['password'], { cwd, input: 'a battery of horses\n' })
  expect([set.code, set.stderr, set.stdout]).toEqual([0, '', 'The password is set, and all sessions are ended: /login takes it.\n'])
  expect(await login('a battery of horses')).toBe(303)
  expect(await login(gateway.line.admin_token)).toBe(401)
  expect(await saysJson(['password', '--remove'])).toEqual({ password: false })
  expect(await login(gateway.line.admin_token)).toBe(303)
  const short = await run(['password'], { cwd, input: 'short' })
  expect([short.code, short.stdout]).toEqual([1, ''])
  expect(short.stderr).toContain('15 characters')
})

test('keys: created and shown once, used, listed by their prefix, revoked at once', async () => {
  const text = await says(['keys', 'create', '--name', 'ci', '--scope', 'proxy:read', '--scope', 'proxy:write'])
  const key = /^blnk_[\w-]{43}$/m.exec(text)?.[0] as string
  const id = /key_[0-9a-f-]{36}/.exec(text)?.[0] as string
  expect(await ledgers(key)).toBe(200)

  const table = await says(['keys', 'list'])
  expect(table).toMatch(/^ID +KEY +NAME +SCOPES/)
  expect(table).toMatch(new RegExp(`^${id} +${key.slice(0, 13)}… +ci +proxy:read proxy:write +any +active`, 'm'))
  expect(table).not.toContain(key)

  expect(await says(['keys', 'revoke', id])).toBe(`${id} (ci) is revoked.\n`)
  expect(await ledgers(key)).toBe(401)
  expect(await saysJson<Array<{ id: string, revoked_at: string | null }>>(['keys', 'list'])).toContainEqual(expect.objectContaining({ id, revoked_at: expect.any(String) as string }))
})

test('oauth clients: made with a secret that is shown once, listed, revoked', async () => {
  const text = await says(['oauth', 'clients', 'create', '--name', 'console', '--scope', 'proxy:read', '--redirect-uri', 'https://app.example.com/cb'])
  const [id] = /blnk_client_[\w-]{22}/.exec(text) as RegExpExecArray
  const [secret] = /blnk_secret_[\w-]{43}/.exec(text) as RegExpExecArray
  const table = await says(['oauth', 'clients', 'list'])
  expect(table).toMatch(new RegExp(`^${id} +console +confidential +proxy:read +https://app.example.com/cb +active`, 'm'))
  expect(table).not.toContain(secret)
  expect(await says(['oauth', 'clients', 'revoke', id])).toBe(`${id} (console) is revoked, and so are its tokens.\n`)
})

test('keys: rotated with an overlap, changed and shown', async () => {
  const made = await saysJson<{ id: string, api_key: string }>(['keys', 'create', '--name', 'turning', '--scope', '*', '--expires', '30d', '--address', '127.0.0.0/8', '--address', '::1'])
  const text = await says(['keys', 'rotate', made.id, '--overlap', '1h'])
  expect(text).toMatch(new RegExp(`The new secret of ${made.id} \\(turning\\), shown this once: keep it\\. ${made.api_key.slice(0, 13)}… is taken until \\d{4}-`))
  const next = /^blnk_[\w-]{43}$/m.exec(text)?.[0] as string
  expect(await Promise.all([made.api_key, next].map(ledgers))).toEqual([200, 200])
  expect(await says(['keys', 'list', '--status', 'overlapping'])).toContain(made.id)
  expect(await says(['keys', 'rotate', made.id])).toContain('is taken no more')
  expect(await Promise.all([made.api_key, next].map(ledgers))).toEqual([401, 401])
  expect(await says(['keys', 'update', made.id, '--expires', 'never', '--any-address'])).toContain('expires never, taken from everywhere')
  expect(await says(['keys', 'show', made.id])).toMatch(/^name +turning$/m)
  const { code, stderr } = await run(['keys', 'update', made.id, '--expires', 'soon'], { cwd })
  expect([code, stderr]).toEqual([1, 'blnk-gateway: --expires must be never, a number of days such as 30d, a date or an RFC 3339 time, and is soon\n'])
})

test('instances: a Core is added with its key from the environment or a file, tested, listed and removed', async () => {
  const core = createServer((request, response) => {
    const right = request.headers['x-blnk-key'] === 'core-secret-1'
    response.writeHead(right ? 200 : 401, { 'Content-Type': 'application/json' }).end(right ? '[]' : '{"error":"Invalid API key"}')
  }).listen(0, '127.0.0.1')
  await once(core, 'listening')
  const url = `http://127.0.0.1:${(core.address() as AddressInfo).port}`
  try {
    const added = await says(['instances', 'add', '--name', 'Live', '--core-url', url, '--instance-id', 'live'], { CORE_KEY: 'core-secret-1' })
    expect(added).toMatch(/^live is added\./)
    expect(await says(['instances', 'test', 'live'])).toMatch(/^ok: the Core answers \(\d+ ms\)\ndatabase no_database_url: .*\n$/)

    writeFileSync(join(cwd, 'core-key'), 'core-secret-2\n')
    const other = await saysJson<{ instance_id: string }>(['instances', 'add', '--name', 'Wrong key', '--core-url', url, '--core-key-file', 'core-key'])
    expect(other.instance_id).toMatch(/^inst_/)
    const tested = await run(['instances', 'test', other.instance_id], { cwd })
    expect([tested.code, tested.stdout]).toEqual([1, 'wrong_key: the Core refuses the key: check core_key\ndatabase no_database_url: this instance has no database URL: the Data API needs one\n'])

    const table = await says(['instances', 'list'])
    expect(table).toMatch(new RegExp(`^live +Live +core +${url} +ok`, 'm'))
    expect(table).toMatch(/Wrong key +core .* wrong_key/)
    expect(JSON.stringify(await saysJson(['instances', 'list']))).not.toContain('core-secret')

    expect(await says(['instances', 'remove', other.instance_id])).toBe(`${other.instance_id} is removed.\n`)
    expect(await says(['instances', 'remove', 'live'])).toBe('live is removed.\n')
    expect(await says(['instances', 'list'])).not.toContain('Live')
  } finally {
    core.close()
  }
})

test('logs and requests: a line each, followed, shown, and sent again', async () => {
  // The follower is there when it shows a refusal.
  let shown = false
  const follows = following.until(/GET +\/proxy\/ledgers +401 .* ms {2}refused: Invalid or expired credentials · req_/).then(() => { shown = true })
  await expect.poll(async () => {
    await ledgers('blnk_of_nobody_at_all_whatever')
    return shown
  }, { timeout: 60_000 }).toBe(true)
  await follows
  const { api_key: key } = await saysJson<{ api_key: string }>(['keys', 'create', '--name', 'of the log', '--scope', 'proxy:write'])
  const body = { amount: 1, currency: 'USD', source: '@World', destination: '@Log', description: 'x', allow_overdraft: true, skip_queue: true }
  await fetch(`${gateway.line.url}/proxy/transactions?instance_id=${gateway.line.instance_id}`, { method: 'POST', headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json', 'X-Request-Id': 'log-1' }, body: JSON.stringify(body) })

  const lines = await says(['logs', '--key', 'of the log'])
  const id = /^\d\d:\d\d:\d\d POST +\/proxy\/transactions +201 +[\d.]+ ms {2}key="of the log" · inst_[\da-f]{8}… · filled precision, reference · ref_[\da-f-]+ · (req_\w+)\n$/.exec(lines)?.[1] as string
  expect((await saysJson<Array<{ id: string }>>(['requests', 'list', '--request-id', 'log-1'])).map((one) => one.id)).toEqual([id])
  expect(await says(['requests', 'show', 'log-1'])).toMatch(/\nAuthorization: \[removed\]\n[^]*\n\n\{"amount":1,[^]*\n\n201\n/i)

  const again = await says(['requests', 'replay', id], { BLNK_API_KEY: key })
  expect(again).toMatch(/another one is made[^]*\n\n201\n[^]*What differs:\n {2}transaction_id: /)
  const same = await saysJson<{ status: number, differences: string[] }>(['requests', 'replay', id, '--same-reference'], { BLNK_API_KEY: key })
  expect([same.status, same.differences]).toEqual([409, ['status: 201 -> 409']])
  const refused = await run(['requests', 'replay', id], { cwd })
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringMatching(/^blnk-gateway: a replay needs an API key/)])
})

test('instances: another sandbox is a ledger of its own', async () => {
  const { instance_id: id } = await saysJson<{ instance_id: string }>(['instances', 'add', '--sandbox', 'Second'])
  const { api_key: key } = await saysJson<{ api_key: string }>(['keys', 'create', '--name', 'second', '--scope', '*', '--instance', id])
  expect(await ledgers(key)).toBe(403)
  expect(await says(['instances', 'test', id])).toMatch(/^ok/)
  await says(['instances', 'remove', id])
  expect(await ledgers(key)).toBe(401)
})

test('status: what answers, as a table and as JSON', async () => {
  expect(await says(['status'])).toMatch(/^PART +STATE\ngateway +UP\ndatabase +UP\nsandbox +UP\n/)
  expect(await saysJson(['status'])).toMatchObject({ status: 'UP', instances: [{ instance_id: gateway.line.instance_id, kind: 'sandbox', reachability: { verdict: 'ok' } }] })
})

test('the gateway is found by --url and BLNK_ADMIN_URL with BLNK_ADMIN_TOKEN, and by DATA_DIR', async () => {
  const { url, admin_token: token } = gateway.line
  for (const around of [
    { args: ['--url', url], env: { BLNK_ADMIN_TOKEN: token } },
    { args: [], env: { BLNK_ADMIN_TOKEN: token, BLNK_ADMIN_URL: `${url}/` } },
    { args: [], env: { DATA_DIR: join(cwd, '.blnk-gateway') } },
    { args: ['--data-dir', join(cwd, '.blnk-gateway')], env: {} }
  ]) expect((await run(['status', ...around.args], { cwd: elsewhere, env: around.env })).code).toBe(0)
})

describe('a command that cannot do its work says so in a sentence, with exit code 1', () => {
  const WRONG: Readonly<Record<string, { args: readonly string[], env?: Readonly<Record<string, string>>, says: RegExp }>> = {
    'no gateway there': { args: ['status', '--url', 'http://127.0.0.1:1'], says: /no gateway answers at http:\/\/127\.0\.0\.1:1/ },
    'no token': { args: ['status', '--data-dir', 'nowhere'], says: /no gateway runs on the data directory nowhere/ },
    'a wrong token': { args: ['keys', 'list'], env: { BLNK_ADMIN_TOKEN: 'wrong'.repeat(8) }, says: /Invalid or expired credentials\. The admin token, of BLNK_ADMIN_TOKEN or else of the data directory, is not that of this gateway/ },
    'an address without its scheme': { args: ['status', '--url', '127.0.0.1:1'], says: /must be a URL such as http:\/\/127\.0\.0\.1:4100, and is 127\.0\.0\.1:1/ },
    'an unknown scope': { args: ['keys', 'create', '--name', 'x', '--scope', 'proxy:delete'], says: /proxy:delete is not a scope: choose from \*, proxy:read/ },
    'an unknown key': { args: ['keys', 'revoke', 'key_none'], says: /no API key with this id/ },
    'an unknown instance': { args: ['instances', 'test', 'none'], says: /instance not found/ },
    'an instance id that is taken': { args: ['instances', 'add', '--name', 'x', '--instance-id', 'TAKEN', '--core-url', 'http://127.0.0.1:1'], says: /exists/ },
    'a key file that is not there': { args: ['instances', 'add', '--name', 'x', '--core-url', 'http://127.0.0.1:1', '--core-key-file', 'none'], says: /none cannot be read \(ENOENT\)/ },
    'an instance without a name': { args: ['instances', 'add', '--core-url', 'http://127.0.0.1:1'], says: /name the instance with --name/ }
  }
  test.each(Object.entries(WRONG))('%s', async (_name, { args, env = {}, says }) => {
    const { code, stdout, stderr } = await run(args.map((one) => one === 'TAKEN' ? gateway.line.instance_id : one), { cwd, env })
    expect(stderr).toMatch(says)
    expect(stderr).not.toMatch(/\n\s+at /)
    expect([code, stdout]).toEqual([1, ''])
  })
})

test('what is no command, or lacks an argument, ends with exit code 2 and points to --help', async () => {
  for (const args of [['strat'], ['keys', 'create', '--name', 'x'], ['keys', 'revoke'], ['instances', 'add', '--nmae', 'x']]) {
    const { code, stderr } = await run(args, { cwd })
    expect([args, code]).toEqual([args, 2])
    expect(stderr).toMatch(/--help/)
  }
})

test('--help has examples, and each command has its own', async () => {
  expect(await says(['--help'])).toMatch(/Examples:\n {2}blnk-gateway start/)
  for (const command of [['start'], ['status'], ['keys', 'create'], ['instances', 'add'], ['sandbox']]) {
    expect(await says([...command, '--help'])).toMatch(new RegExp(`^Usage: blnk-gateway ${command.join(' ')}`))
  }
  expect(await says(['keys', 'create', '--help'])).toContain('proxy:read')
})

test('sandbox: a Core alone, with its key and its data', async () => {
  const around = { cwd, env: { SANDBOX_CORE_KEY: 'a-key-of-the-sandbox' } }
  const call = async (url: string, key: string, init: RequestInit = {}): Promise<Response> => await fetch(`${url}/ledgers`, { ...init, headers: { 'X-Blnk-Key': key } })
  const first = launch(['sandbox', '--port', '0', '--data-dir', 'core', '--json'], around)
  const { sandbox_core_url: url, sandbox_core_key: key } = JSON.parse(await first.until(/\n/)) as { sandbox_core_url: string, sandbox_core_key: string }
  expect(key).toBe(around.env.SANDBOX_CORE_KEY)
  expect((await call(url, 'another')).status).toBe(401)
  expect((await call(url, key, { method: 'POST', body: '{"name":"of the sandbox"}' })).status).toBe(201)
  const refused = await run(['sandbox', '--port', '0', '--data-dir', 'core'], around)
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringMatching(/^blnk-gateway: the data directory .* is in use by process \d+[^\n]*\n$/)])
  const taken = await run(['sandbox', '--port', new URL(url).port, '--ephemeral'], around)
  expect([taken.code, taken.stderr]).toEqual([2, expect.stringMatching(/^blnk-gateway: --port \d+ is in use[^\n]*\n$/)])
  first.child.kill('SIGTERM')
  expect((await first.ended).code).toBe(0)

  const second = launch(['sandbox', '--port', '0', '--data-dir', 'core', '--json'], around)
  const again = JSON.parse(await second.until(/\n/)) as { sandbox_core_url: string }
  expect(await (await call(again.sandbox_core_url, key)).text()).toContain('of the sandbox')
  second.child.kill('SIGTERM')
  expect((await second.ended).code).toBe(0)
})
