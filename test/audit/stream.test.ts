import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, expect, test } from 'vitest'
import { openStream } from '../../src/audit/stream.js'

const folder = mkdtempSync(join(tmpdir(), 'blnk-gateway-stream-'))
afterAll(() => { rmSync(folder, { recursive: true, force: true }) })

test('what cannot be written is said at the start, a pipe that nobody reads too', () => {
  const pipe = join(folder, 'pipe')
  expect(spawnSync('mkfifo', [pipe]).status).toBe(0)
  const log = pino({ level: 'silent' })
  expect(() => openStream(pipe, log)).toThrow('AUDIT_STREAM names a file that cannot be written (ENXIO)')
  expect(() => openStream(folder, log)).toThrow('(EISDIR)')
  expect(() => openStream(join(folder, 'none', 'audit.ndjson'), log)).toThrow('(ENOENT)')
})

test('a disk that is full does not keep the process from its end', () => {
  const module = new URL('../../dist/src/audit/stream.js', import.meta.url).href
  const script = `import { pino } from 'pino'
    const { openStream } = await import(${JSON.stringify(module)})
    const stream = openStream('/dev/full', pino({ level: 'silent' }))
    stream.write([])
    await stream.close()
    process.exit(0)`
  expect(spawnSync(process.execPath, ['--input-type=module', '-e', script], { timeout: 30_000 }).status).toBe(0)
}, 60_000)
