import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { expect, inject, test } from 'vitest'
import { admin } from '../support/gateway.js'
import { findAny, keptFile, spellings } from '../support/kept.js'
import { argumentsOf } from '../support/process-list.js'
import { run, workFolder } from './command.js'

const cwd = workFolder()
const hasList = existsSync('/proc/self/cmdline')
if (!hasList) console.warn('skipped: there is no /proc here to read arguments of processes from')

test('a secret is found wherever it stands, as text, hexadecimal and base64, and what is like it is not', () => {
  const secrets = ['blnk_abcdefgh', 'blnk_abcdefgX', 'ab'.repeat(32)]
  const needles = secrets.flatMap(spellings)
  const found = (text: string): number[] => findAny(Buffer.from(text), needles).map(({ which }) => Math.floor(which / 3))
  expect(found('blnk_abcdefgh and "blnk_abcdefgX"')).toEqual([0, 1])
  expect(found(`\\x${Buffer.from('blnk_abcdefgh').toString('hex')} ${Buffer.from('ab'.repeat(32), 'hex').toString('base64')}`)).toEqual([0, 2])
  expect(found('blnk_abcdefg blnk_abcdefgY lnk_abcdefgh')).toEqual([])
})

test('the secrets that tests make are kept to be looked for at the end of the run, and so are refusals', async () => {
  const { json: key } = await admin('POST', '/admin/keys', { name: 'kept', scopes: ['proxy:read'] })
  await admin('DELETE', '/admin/keys/key_of-nobody')
  const kept = readFileSync(keptFile('secrets'), 'utf8')
  for (const secret of [key.api_key as string, inject('gateway').adminToken]) expect(kept.includes(secret)).toBe(true)
  expect(readFileSync(keptFile('errors.text'), 'utf8')).toContain('There is no API key with this id')
})

test.skipIf(!hasList)('the arguments of commands are kept as a process listing shows them, and of what they start', async () => {
  const child = spawn(process.execPath, ['-e', 'require("child_process").spawn(process.execPath, ["-e", "console.log(1); setInterval(() => {}, 1000)", "of-the-child"], { stdio: "inherit" })', 'of-the-parent'], { stdio: ['ignore', 'pipe', 'ignore'], detached: true })
  await once(child.stdout, 'data')
  const lines = argumentsOf(child.pid as number)
  process.kill(-(child.pid as number))
  expect(lines).toEqual([expect.stringMatching(/ of-the-parent$/), expect.stringMatching(/ of-the-child$/)])
  await run(['keys', 'list', '--data-dir', 'of-a-listing'], { cwd })
  expect(readFileSync(keptFile('process-list.text'), 'utf8')).toMatch(/keys list --data-dir of-a-listing$/m)
})
