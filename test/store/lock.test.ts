import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { DataDirError } from '../../src/store/embedded.js'
import { lockDataDir } from '../../src/store/lock.js'

let dir: string
beforeEach(() => { dir = mkdtempSync(join(tmpdir(), 'lock-')) })
afterEach(() => { rmSync(dir, { recursive: true, force: true }) })

/** Another process that takes the lock, says whether it has it, and holds it. */
async function another (): Promise<{ said: string, kill(): Promise<void> }> {
  const holder = join(dir, 'holder.mjs')
  const lock = new URL('../../dist/src/store/lock.js', import.meta.url).href
  writeFileSync(holder, `import { lockDataDir } from ${JSON.stringify(lock)}
    try { lockDataDir(${JSON.stringify(dir)}); process.send('held') } catch (e) { process.send(e.message) }
    setInterval(() => {}, 1000)`)
  const child = fork(holder)
  const [said] = await once(child, 'message') as [string]
  return { said, async kill () { child.kill('SIGKILL'); await once(child, 'exit') } }
}

test('a second process is refused with a sentence that names the first', async () => {
  const first = await another()
  const second = await another()
  expect(first.said).toBe('held')
  expect(second.said).toMatch(/in use by process \d+ on .*: stop that one, or name another with --data-dir/)
  expect(() => lockDataDir(dir)).toThrow(DataDirError)
  await first.kill()
  await second.kill()
})

test('a process that was killed leaves no lock', async () => {
  const first = await another()
  await first.kill()
  const { release } = lockDataDir(dir)
  release()
  lockDataDir(dir).release()
})

test('of several that start at once over a lock that was left behind, one has it', async () => {
  await (await another()).kill()
  const all = await Promise.all(Array.from({ length: 6 }, another))
  expect(all.filter(({ said }) => said === 'held')).toHaveLength(1)
  await Promise.all(all.map(async ({ kill }) => { await kill() }))
})

test('who held it is told when it was taken away', async () => {
  const { lost, release } = lockDataDir(dir)
  rmSync(join(dir, 'lock'))
  expect((await lost).message).toMatch(/was taken away or taken over while it was in use/)
  release()
})
