import { expect, test, vi } from 'vitest'
import { OF_THE_COMMAND } from '../../src/cli/exec.js'
import { launch, run, workFolder } from './command.js'
import { textOf } from './source-files.js'

vi.setConfig({ testTimeout: 120_000 })

const cwd = workFolder()

/** Names that mean something to most programs: the gateway takes none of them. */
const OF_THE_PROGRAM = { DATABASE_URL: 'postgres://app@127.0.0.1:1/app', PORT: 'of the program', HOST: 'nowhere.test', LOG_LEVEL: 'noisy', DATA_DIR: '/dev/null' }
const PRESET = { BLNK_API_KEY: 'blnk_of_a_program_0123456789', BLNK_INSTANCE_ID: 'inst_of_a_program' }

const PROGRAM = `
const { BLNK_BASE_URL: url, BLNK_API_KEY: key, BLNK_INSTANCE_ID: id, BLNK_ADMIN_TOKEN: token, BLNK_ADMIN_URL: admin, BLNK_CORE_URL: core, BLNK_CORE_KEY: coreKey } = process.env
const ask = async (url, headers) => { const answer = await fetch(url, { headers }); await answer.text(); return answer.status }
const main = async () => {
  const statuses = [
    await ask(url + '/proxy/ledgers?instance_id=' + id, { Authorization: 'Bearer ' + key }),
    await ask(admin + '/admin/keys', { Authorization: 'Bearer ' + token }),
    await ask(core + '/ledgers', { 'X-Blnk-Key': coreKey })
  ]
  process.once('SIGTERM', () => { console.log('told to stop'); process.exitCode = 7; clearInterval(waiting) })
  console.log(JSON.stringify([...statuses, key, id, process.env.PORT]))
}
const waiting = setInterval(() => {}, 60_000)
main()
`

test('a command finds its gateway in the environment, gets its signals, has standard output alone, and its exit code counts', async () => {
  const running = launch(['exec', '--', process.execPath, '-e', PROGRAM], { cwd, env: { ...OF_THE_PROGRAM, ...PRESET } })
  await running.until(/\n/)
  running.child.kill('SIGTERM')
  const { code, stdout, stderr } = await running.ended
  expect(stdout).toBe(`${JSON.stringify([200, 200, 200, PRESET.BLNK_API_KEY, PRESET.BLNK_INSTANCE_ID, OF_THE_PROGRAM.PORT])}\ntold to stop\n`)
  expect([code, stderr]).toEqual([7, ''])
})

test('without a command, or with a wrong setting, nothing is run', async () => {
  const wrong = [{ args: [], names: /missing required argument 'command'/ }, { args: ['--', 'node', '-v'], env: { STRICT_SCOPES: 'perhaps' }, names: /STRICT_SCOPES must be true or false/ }]
  for (const { args, env, names } of wrong) {
    const { code, stdout, stderr } = await run(['exec', ...args], { cwd, ...(env === undefined ? {} : { env }) })
    expect(stderr).toMatch(names)
    expect([code, stdout]).toEqual([2, ''])
  }
})

test('the options of the command are its own without -- before it too', async () => {
  expect(await run(['exec', '--log-level', 'fatal', 'no-such-command', '--log-level', 'x', '--help'], { cwd })).toEqual({ code: 127, signal: null, stdout: '', stderr: 'blnk-gateway: the command no-such-command was not found: check its name and PATH\n' })
})

test('docs/exec.md lists the settings that are the command\'s', () => {
  const [, list = ''] = /likely to use for itself:([^]*?) are the command's alone/.exec(textOf('docs/exec.md')) ?? []
  expect([...list.matchAll(/`(\w+)`/g)].map(([, name]) => name)).toEqual([...OF_THE_COMMAND])
})
