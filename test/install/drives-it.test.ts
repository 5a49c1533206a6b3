import { execFile, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ROOT } from '../house/source-files.js'

const run = promisify(execFile)
const folder = mkdtempSync(join(tmpdir(), 'blnk-gateway-install-'))
/** With a space, which paths in variables have to survive. */
const project = join(folder, 'an empty project')
const bin = join(project, 'node_modules', '.bin', 'blnk-gateway')
const goProgram = join(folder, 'client')
const programOf = (name: string): string => join(ROOT, 'test/install/programs', name)

beforeAll(async () => {
  const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], { cwd: ROOT })
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }]
  mkdirSync(project)
  await run('npm', ['init', '--yes'], { cwd: project })
  await run('npm', ['install', join(folder, filename), '--prefer-offline', '--no-audit', '--no-fund'], { cwd: project })
})

afterAll(() => { rmSync(folder, { recursive: true, force: true }) })

const works = (command: string, ...args: string[]): boolean => spawnSync(command, args, { stdio: 'ignore' }).status === 0

/** The first Python that has the module; the first in PATH may be another than the system's. */
function python (module: string): string | undefined {
  return ['python3', '/usr/bin/python3'].find((each) => works(each, '-c', `import ${module}`))
}

interface Program { readonly language: string, readonly command: readonly string[], readonly missing: string | undefined }

function pythonProgram (module: string): Program {
  const found = python(module)
  return { language: `Python, ${module}`, command: [found ?? 'python3', programOf(`with_${module}.py`)], missing: found === undefined ? `no python3 has the module ${module} (Debian: python3-${module})` : undefined }
}

const PROGRAMS: readonly Program[] = [
  { language: 'Node, ES module', command: [process.execPath, programOf('module.mjs')], missing: undefined },
  { language: 'Node, CommonJS', command: [process.execPath, programOf('required.cjs')], missing: undefined },
  pythonProgram('requests'),
  pythonProgram('httpx'),
  { language: 'Go', command: [goProgram], missing: works('go', 'version') ? undefined : 'there is no go' },
  { language: 'curl', command: ['sh', programOf('with_curl.sh')], missing: works('curl', '--version') ? undefined : 'there is no curl' }
]

/** Nothing of what surrounds the tests: no proxy, no trust, no options for Node. */
const environment = { PATH: process.env['PATH'] ?? '', HOME: folder }

const exec = async (args: readonly string[]): Promise<{ stdout: string, stderr: string }> => await run(bin, ['exec', ...args], { cwd: project, env: environment })

describe('the installed package', () => {
  test('is found by import and by require', async () => {
    const program = "import('blnk-gateway/testing').then((imported) => { console.log(typeof imported.startGateway, typeof require('blnk-gateway/testing').startGateway) })"
    expect((await run(process.execPath, ['-e', program], { cwd: project, env: environment })).stdout).toBe('function function\n')
  })

  for (const { language, command, missing } of PROGRAMS) {
    if (missing !== undefined) console.log(`skipped: ${language}: ${missing}`)
    describe.skipIf(missing !== undefined)(language, () => {
      beforeAll(async () => {
        if (language === 'Go') await run('go', ['build', '-o', goProgram, programOf('client.go')], { env: { ...process.env, GOTOOLCHAIN: 'local', GOPROXY: 'off' } })
      })

      test('reaches it under exec by BLNK_BASE_URL', async () => {
        expect(await exec(['--', ...command, 'under exec'])).toEqual({ stdout: 'under exec\n', stderr: '' })
      })

      test('reaches it under exec --intercept at the address of the Cloud', async () => {
        expect(await exec(['--intercept', '--', ...command, 'intercepted', 'https://api.cloud.blnkfinance.com'])).toEqual({ stdout: 'intercepted\n', stderr: '' })
      })
    })
  }
})
