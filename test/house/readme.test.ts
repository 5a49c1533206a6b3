import { execFile, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { ROOT, textOf } from './source-files.js'
import { steps, withoutIds } from './transcript.js'

// Several starts in one test, each of which takes seconds on a busy machine.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

// The published helper, compiled, as a reader of the README has it.
const { startGateway } = await import(new URL('../../dist/src/testing/index.js', import.meta.url).href) as typeof import('../../src/testing/index.js')

const tour = steps((/\n## Tour\n([\s\S]*?)\n## /.exec(textOf('README.md')) as RegExpExecArray)[1] as string).filter(({ language }) => language === 'bash')
const END_OF_STEP = 'END-OF-STEP'

let printed: string[] = []
let gateway: Awaited<ReturnType<typeof startGateway>> | undefined
const folder = mkdtempSync(join(tmpdir(), 'blnk-gateway-tour-'))

beforeAll(async () => {
  gateway = await startGateway()
  const { url, apiKey, instanceId } = gateway
  const shell = spawn('bash', ['-eu', '-o', 'pipefail'], {
    cwd: folder,
    env: { PATH: process.env['PATH'], BLNK_BASE_URL: url, BLNK_API_KEY: apiKey, BLNK_INSTANCE_ID: instanceId }
  })
  const output = Promise.all([text(shell.stdout), text(shell.stderr)])
  const exited = new Promise((resolve) => { shell.once('exit', resolve) })
  shell.stdin.end(tour.map(({ commands }) => `${commands}\necho; echo ${END_OF_STEP}\n`).join(''))
  const [stdout, stderr] = await output
  expect([await exited, stderr]).toEqual([0, ''])
  printed = stdout.split(`\n${END_OF_STEP}\n`).map((one) => one.trim())
})

afterAll(async () => {
  await gateway?.close()
  rmSync(folder, { recursive: true, force: true })
})

test('the tour has commands, and most of them show an answer', () => {
  expect(tour.length).toBeGreaterThan(10)
  expect(tour.filter((step) => step.shown === undefined).length).toBe(1)
})

test.each(tour.map((step, at) => [step.commands.trim().split('\n').at(-1) as string, step, at] as const))('%s', (_name, { shown }, at) => {
  const answer = withoutIds(printed[at] as string)
  if (shown === undefined) expect(answer).toBe('')
  else if (shown.language === 'text') expect(answer.replace(/\r/g, '')).toBe(withoutIds(shown.text))
  // Answers are shortened in the README: members may be left out, and none may differ.
  else expect(JSON.parse(answer)).toMatchObject(JSON.parse(withoutIds(shown.text)) as object)
})

test('the helper has what the README says of it', async () => {
  const used = [...textOf('README.md').matchAll(/\bgateway\.(?!yaml\b)(\w+)/g)].map((match) => match[1] as string)
  expect(used.length).toBeGreaterThan(5)
  for (const name of used) expect(gateway, name).toHaveProperty(name)
})

test('the example for tests runs as it stands, by the name of the package', async () => {
  const example = /```ts\n([\s\S]*?)```/.exec(textOf('README.md'))?.[1] as string
  expect(example).toContain("from 'blnk-gateway/testing'")
  // Below the package, whose name it imports.
  const file = join(ROOT, 'dist', 'readme-example.mjs')
  writeFileSync(file, example.replace('await gateway.reset()', "console.log((await fetch(gateway.url + '/proxy/ledgers?instance_id=' + gateway.instanceId, { headers: { Authorization: 'Bearer ' + gateway.apiKey } })).status)\n$&"))
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [file], { env: {} })
    expect([stdout, stderr]).toEqual(['200\n', ''])
  } finally {
    rmSync(file)
  }
})
