import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { start, workFolder } from '../house/command.js'

// Several starts in one test, each of which takes seconds on a busy machine.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const cwd = workFolder()
const data = join(cwd, '.blnk-gateway')
const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8)

test('a first start prints one line of JSON with what to use, and keeps its secrets in private files', async () => {
  const gateway = await start([], { cwd })
  const { line } = gateway
  expect(Object.keys(line)).toEqual(['url', 'ca', 'api_key', 'admin_token', 'instance_id', 'sandbox_core_url', 'sandbox_core_key'])
  expect(line.url).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d*$/)
  expect(line.api_key).toMatch(/^blnk_[\w-]{43}$/)
  expect(line.admin_token.length).toBeGreaterThanOrEqual(32)
  expect((await gateway.proxy('POST', '/ledgers', { name: 'kept' })).status).toBe(201)

  expect(mode(data)).toBe('700')
  expect(mode(join(data, 'run'))).toBe('700')
  for (const file of readdirSync(data, { withFileTypes: true })) if (file.isFile()) expect([file.name, mode(join(data, file.name))]).toEqual([file.name, '600'])
  expect(readFileSync(join(data, 'admin-token'), 'utf8').trim()).toBe(line.admin_token)
  expect(readFileSync(join(data, 'sandbox-core-key'), 'utf8').trim()).toBe(line.sandbox_core_key)

  expect(await gateway.stop()).toBe(0)
  const { stdout, stderr } = await gateway.ended
  expect(stdout.trimEnd().split('\n').length).toBe(1)
  for (const secret of [line.api_key as string, line.admin_token, line.sandbox_core_key]) {
    expect(stdout.split(secret).length - 1).toBe(1)
    expect(stderr).not.toContain(secret)
  }
})

test('a second start finds the ledger, the key and the instance again, and does not know the key in clear', async () => {
  const first = await start([], { cwd })
  expect(first.line.api_key).toBe(null)
  expect(await first.stop()).toBe(0)
  const key = 'blnk_preset-for-the-second-start'
  const second = await start([], { cwd, env: { BLNK_API_KEY: key } }, key)
  expect(second.line).toMatchObject({ instance_id: first.line.instance_id, admin_token: first.line.admin_token, sandbox_core_key: first.line.sandbox_core_key, api_key: key })
  expect((await second.proxy('GET', '/ledgers')).json).toMatchObject([{ name: 'kept' }, { name: 'General Ledger' }])
  expect(await second.stop('SIGINT')).toBe(0)
})

test('what was answered is there after kill -9, and the next start needs no help', async () => {
  const key = 'blnk_preset-that-outlives-a-kill'
  const gateway = await start([], { cwd, env: { BLNK_API_KEY: key } }, key)
  let answered = 0
  const ended = gateway.ended.then(() => 'killed')
  const write = async (): Promise<void> => {
    for (;;) {
      const { status } = await gateway.proxy('POST', '/ledgers', { name: 'before the kill' })
      if (status === 201) answered++
      if (answered === 40) gateway.child.kill('SIGKILL')
    }
  }
  await Promise.allSettled([write(), write(), write(), write()])
  expect(await ended).toBe('killed')
  expect(answered).toBeGreaterThanOrEqual(40)

  const again = await start([], { cwd, env: { BLNK_API_KEY: key } }, key)
  const { json } = await again.proxy('POST', '/ledgers/filter', { filters: [{ field: 'name', operator: 'eq', value: 'before the kill' }], limit: 1, include_count: true })
  expect((json as { total_count: number }).total_count).toBeGreaterThanOrEqual(answered)
  expect(await again.stop()).toBe(0)
})

test('--ephemeral leaves nothing behind', async () => {
  const before = readdirSync(cwd)
  const gateway = await start(['--ephemeral', '--data-dir', 'elsewhere'], { cwd })
  expect((await gateway.proxy('POST', '/ledgers', { name: 'gone' })).status).toBe(201)
  expect(await gateway.stop()).toBe(0)
  expect(readdirSync(cwd)).toEqual(before)
  expect(existsSync(join(data, 'gateway.json'))).toBe(false)
})
