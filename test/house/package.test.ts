import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { publint } from 'publint'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ROOT, textOf } from './source-files.js'

interface Packed { readonly filename: string, readonly files: ReadonlyArray<{ readonly path: string, readonly mode: number }> }

const run = promisify(execFile)
const manifest = JSON.parse(textOf('package.json')) as { bin: Record<string, string>, scripts: Record<string, string> }
const folder = mkdtempSync(join(tmpdir(), 'blnk-gateway-pack-'))
let packed: Packed

beforeAll(async () => {
  const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], { cwd: ROOT })
  packed = (JSON.parse(stdout) as Packed[])[0] as Packed
})
afterAll(() => { rmSync(folder, { recursive: true, force: true }) })

test('publint finds nothing in what is packed', async () => {
  const tarball = readFileSync(join(folder, packed.filename))
  const { messages } = await publint({ strict: true, pack: { tarball: tarball.buffer.slice(tarball.byteOffset, tarball.byteOffset + tarball.length) } })
  expect(messages).toEqual([])
})

test('what runs is packed, and nothing of the workshop', () => {
  const paths = packed.files.map(({ path }) => path)
  expect(paths).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'SECURITY.md', 'docs/exec.md', 'openapi.yaml', 'dist/template/postgres.tar.gz', ...Object.values(manifest.bin)]))
  expect(paths.filter((path) => path.endsWith('.sql')).length).toBeGreaterThan(10)
  // Declarations of the published entry alone: no other file can be imported.
  expect(paths.filter((path) => /\.[cm]?ts$/.test(path) && !path.startsWith('dist/src/testing/'))).toEqual([])
  expect(paths.filter((path) => /(^|\/)(test|bench|scripts|node_modules)\/|tsbuildinfo/.test(path))).toEqual([])
})

test('each source map holds its source, which is not packed', () => {
  const maps = packed.files.filter(({ path }) => path.endsWith('.map'))
  expect(maps.length).toBeGreaterThan(100)
  for (const { path } of maps) {
    const map = JSON.parse(textOf(path)) as { sources: string[], sourcesContent?: string[] }
    expect(map.sourcesContent?.length, path).toBe(map.sources.length)
  }
})

test('the command can be run as it lies', () => {
  for (const path of Object.values(manifest.bin)) {
    expect(textOf(path)).toMatch(/^#!\/usr\/bin\/env node\n/)
    expect((packed.files.find((file) => file.path === path)?.mode ?? 0) & 0o111).toBe(0o111)
  }
})

test('the helper is imported and required by the name of the package, without a warning', async () => {
  const told = 'then(({ startGateway }) => { console.log(typeof startGateway) })'
  for (const code of [`import('blnk-gateway/testing').${told}`, `Promise.resolve(require('blnk-gateway/testing')).${told}`]) {
    expect(await run(process.execPath, ['--input-type=commonjs', '-e', code], { cwd: ROOT, env: {} })).toEqual({ stdout: 'function\n', stderr: '' })
  }
})

test('package scripts run in any shell', () => {
  for (const [name, script] of Object.entries(manifest.scripts)) expect(script, name).toMatch(/^[\w:@./= -]+$/)
})
