import { execFile, spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ROOT, textOf } from '../house/source-files.js'
import { steps, withoutIds } from '../house/transcript.js'

const END_OF_STEP = 'END-OF-STEP'
const hour = steps(textOf('docs/first-hour.md'))
const folder = mkdtempSync(join(tmpdir(), 'blnk-gateway-first-hour-'))
/** What npm needs to install, and nothing of what surrounds the tests. */
const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => ['PATH', 'HOME'].includes(name) || /^npm_config_(cache|registry|userconfig)$/i.test(name)))
const terminals: ChildProcessWithoutNullStreams[] = []

/** A terminal that is open until the end of the test. */
function open (args: readonly string[], cwd: string, env: Readonly<Record<string, string>> = {}) {
  // A group of its own, as a terminal's foreground is one: Ctrl-C is for all of it.
  const child = spawn('bash', [...args], { cwd, env: { ...environment, ...env }, detached: true })
  terminals.push(child)
  let printed = ''
  let errors = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => { printed += text })
  child.stderr.setEncoding('utf8').on('data', (text: string) => { errors += text })
  const until = async (text: string): Promise<string> => await new Promise((resolve, reject) => {
    const gone = (): void => { reject(new Error(`ended: ${printed}${errors}`)) }
    const look = (): void => {
      if (!printed.includes(text)) return
      const before = printed.slice(0, printed.indexOf(text))
      printed = printed.slice(before.length + text.length)
      child.stdout.off('data', look)
      child.off('close', gone)
      resolve(before)
    }
    child.stdout.on('data', look)
    child.once('close', gone)
    if (child.exitCode !== null) gone()
    look()
  })
  return { child, until }
}

beforeAll(async () => {
  // Where the clone lies, beside the empty folder.
  const clone = join(folder, 'blnk-gateway')
  mkdirSync(clone)
  await promisify(execFile)('npm', ['pack', '--ignore-scripts', '--pack-destination', clone], { cwd: ROOT })
})

afterAll(async () => {
  for (const child of terminals) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    process.kill(-(child.pid as number), 'SIGKILL')
    await once(child, 'close')
  }
  rmSync(folder, { recursive: true, force: true })
})

test('the hour has its parts', () => {
  expect(hour.filter(({ language }) => language === 'sh').length).toBe(1)
  expect(hour.length).toBeGreaterThan(20)
})

const first = open(['-u'], folder)
/** What the reader takes from the second terminal. */
let told: Array<[shown: string, real: string]> = []

test.each(hour.map((step) => [step.commands.trim().split('\n').at(-1) as string, step] as const))('%s', async (_name, { commands, language, shown }) => {
  if (language === 'sh') {
    const started = await open(['-c', commands], join(folder, 'shop'), { PORT: '0' }).until('Make a ledger')
    const value = (label: string): string => new RegExp(`${label} +(\\S+)`).exec(started)?.[1] as string
    told = [['http://127.0.0.1:4100', value('Base URL')], ['blnk_...', value('API key')], ['inst_...', value('Instance id')]]
    return
  }
  first.child.stdin.write(`${told.reduce((text, [there, here]) => text.replace(there, here), commands)}\necho; echo ${END_OF_STEP}\n`)
  const answer = withoutIds((await first.until(`${END_OF_STEP}\n`)).trim())
  if (shown === undefined) expect(answer).toBe('')
  else if (shown.language === 'text') expect(answer.replace(/ +$/gm, '')).toBe(withoutIds(shown.text))
  // Answers are shortened in the document: members may be left out, and none may differ.
  else expect(JSON.parse(answer)).toMatchObject(JSON.parse(withoutIds(shown.text)) as object)
})
