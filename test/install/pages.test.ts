import { execFile, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, test } from 'vitest'
import { ROOT, textOf } from '../house/source-files.js'

const run = promisify(execFile)
const folder = mkdtempSync(join(tmpdir(), 'blnk-gateway-pages-'))
// Below the package, whose name the examples import.
const inside = join(ROOT, 'dist', 'pages')
afterAll(() => { for (const one of [folder, inside]) rmSync(one, { recursive: true, force: true }) })

/** Writes the files that a page shows, each under the name that stands before it. */
function write (page: string, into: string, ending: RegExp): void {
  const files = [...textOf(page).matchAll(/`([\w.-]+)`[^`]*?\n\n```\w+\n([\s\S]*?)```/g)].filter(([, name]) => ending.test(name as string))
  expect(files.length, page).toBeGreaterThan(0)
  mkdirSync(into, { recursive: true })
  for (const [, name, text] of files) writeFileSync(join(into, name as string), text as string)
}

const exec = async (cwd: string, ...command: string[]): Promise<string> =>
  (await run(process.execPath, [join(ROOT, 'dist/src/cli/bin.js'), 'exec', '--', ...command], { cwd, env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? folder } })).stdout

const works = (command: string, ...args: string[]): boolean => spawnSync(command, args, { stdio: 'ignore' }).status === 0
const python = ['python3', '/usr/bin/python3'].find((each) => works(each, '-c', 'import pytest'))
const go = works('go', 'version')
for (const [there, missing] of [[python, 'no python3 has pytest (Debian: python3-pytest)'], [go, 'there is no go']] as const) if (there === undefined || there === false) console.log(`skipped: ${missing}`)

describe('what a page shows runs as it stands', () => {
  test.skipIf(python === undefined)('docs/pytest.md', async () => {
    const cwd = join(folder, 'pytest')
    write('docs/pytest.md', cwd, /\.py$/)
    expect(await exec(cwd, python as string, '-m', 'pytest', '-q', '-p', 'no:cacheprovider')).toContain('1 passed')
  })

  test.skipIf(!go)('docs/go.md', async () => {
    const cwd = join(folder, 'go')
    write('docs/go.md', cwd, /\.go$/)
    writeFileSync(join(cwd, 'go.mod'), 'module ledger\n\ngo 1.19\n')
    expect(await exec(cwd, 'env', 'GOFLAGS=-mod=mod', 'GOTOOLCHAIN=local', 'GOPROXY=off', 'go', 'test', './...')).toMatch(/^ok\s+ledger/)
  })

  test('docs/vitest-jest.md', async () => {
    write('docs/vitest-jest.md', inside, /\.ts$/)
    const { stdout } = await run(process.execPath, [join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run', '--root', inside], { cwd: inside, env: { PATH: process.env['PATH'] ?? '', NO_COLOR: '1' } })
    expect(stdout).toMatch(/Tests\s+1 passed/)
  })
})
