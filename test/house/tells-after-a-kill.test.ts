import { expect, test } from 'vitest'
import { startReceiver } from '../sandbox/deliveries/receiver.js'
import { launch, workFolder, type Running } from './command.js'

const cwd = workFolder()

interface Line { readonly sandbox_core_url: string, readonly sandbox_core_key: string }

async function startSandbox (webhookUrl: string): Promise<Running & Line> {
  const running = launch(['sandbox', '--port', '0', '--data-dir', 'core', '--json'], { cwd, env: { SANDBOX_WEBHOOK_URL: webhookUrl, LOG_LEVEL: 'trace' } })
  return { ...running, ...JSON.parse(await running.until(/\n/)) as Line }
}

test('a sandbox that is killed while it delivers loses nothing, and logs no secret', { timeout: 60_000 }, async () => {
  let answers = false
  const receiver = await startReceiver(() => answers ? 200 : 'hang')
  const url = `${receiver.url}?token=hush`
  const first = await startSandbox(url)
  const names = Array.from({ length: 20 }, (_, i) => `ledger ${i}`)
  for (const name of names) {
    const made = await fetch(`${first.sandbox_core_url}/ledgers`, { method: 'POST', headers: { 'X-Blnk-Key': first.sandbox_core_key }, body: JSON.stringify({ name }) })
    expect(made.status).toBe(201)
  }
  await expect.poll(() => receiver.received.length).toBe(1)
  first.child.kill('SIGKILL')
  await first.ended
  answers = true
  const second = await startSandbox(url)
  await expect.poll(() => receiver.received.length, { timeout: 20_000 }).toBe(names.length + 1)
  expect(receiver.of('ledger.created').slice(1).map(({ name }) => name)).toEqual(names)
  second.child.kill('SIGTERM')
  const { stderr } = await second.ended
  for (const secret of ['hush', first.sandbox_core_key]) expect(first.stderr() + stderr).not.toContain(secret)
})

test('a webhook address that is none ends the start with a sentence', async () => {
  const ended = await launch(['sandbox', '--port', '0', '--ephemeral'], { cwd, env: { SANDBOX_WEBHOOK_URL: 'localhost:3000' } }).ended
  expect([ended.code, ended.stderr.trim()]).toEqual([2, expect.stringMatching(/SANDBOX_WEBHOOK_URL must be a URL that starts with http:\/\/ or https:\/\//)])
})
