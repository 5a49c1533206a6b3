import type { ChildProcess } from 'node:child_process'
import { expect, onTestFinished, test, vi } from 'vitest'
import { runCommand, watchSignals } from '../../src/cli/child.js'

const none = { received: undefined, to: (): void => {} }
const run = async (...command: string[]): Promise<number> => await runCommand(command, process.env, none)

test('the exit code is the command\'s, or 128 and the number of the signal that ended it', async () => {
  expect(await run(process.execPath, '-e', 'process.exit(7)')).toBe(7)
  expect(await run(process.execPath, '-e', 'process.kill(process.pid, "SIGKILL")')).toBe(137)
})

test('a command that is not there, or no program, is said in a sentence', async () => {
  const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  onTestFinished(() => { said.mockRestore() })
  expect(await run('no-such-command')).toBe(127)
  expect(await run(import.meta.dirname)).toBe(126)
  expect(said.mock.calls.map(([text]) => text)).toEqual([
    'blnk-gateway: the command no-such-command was not found: check its name and PATH\n',
    `blnk-gateway: the command ${import.meta.dirname} cannot be run (EACCES): is it an executable file?\n`
  ])
})

test.each([
  ['without a terminal every signal is passed on', false, ['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGQUIT']],
  ['a terminal sends the signals of its keyboard itself', true, ['SIGTERM', 'SIGHUP']]
])('%s', (_name, onTerminal, expected) => {
  const before = ['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGQUIT'].map((signal) => [signal, process.listeners(signal as 'SIGTERM')] as const)
  const signals = watchSignals(onTerminal)
  const passed: unknown[] = []
  signals.to({ kill: (signal?: unknown) => passed.push(signal) > 0 } as ChildProcess)
  for (const [signal, listeners] of before) {
    for (const one of process.listeners(signal as 'SIGTERM')) {
      if (listeners.includes(one)) continue
      one(signal as 'SIGTERM')
      process.removeListener(signal, one)
    }
  }
  expect(signals.received).toBe('SIGTERM')
  expect(passed).toEqual(expected)
})
