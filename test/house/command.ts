import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll } from 'vitest'
import { keepSecrets, keepSecretsOf, keepText } from '../support/kept.js'
import { processList } from '../support/process-list.js'

const BIN = fileURLToPath(new URL('../../dist/src/cli/bin.js', import.meta.url))

export interface Ended { readonly code: number | null, readonly signal: NodeJS.Signals | null, readonly stdout: string, readonly stderr: string }

export interface Running {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  /** What standard output has so far, once it holds this. */
  until(pattern: RegExp): Promise<string>
  /** What standard error has so far. */
  stderr(): string
}

export interface Around {
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
  /** What it finds on standard input; nothing without it. */
  readonly input?: string
}

const left = new Set<ChildProcess>()

/** Runs the command as a person does, with no environment but this. */
export function launch (args: readonly string[], { cwd, env = {}, input }: Around): Running {
  const child = spawn(process.execPath, [BIN, ...args], { cwd, env: { PATH: process.env['PATH'] ?? '', HOME: cwd, ...env }, stdio: 'pipe' })
  child.stdin.on('error', () => {}).end(input)
  const list = processList(child.pid as number)
  list()
  for (const stream of [child.stdout, child.stderr]) stream.on('data', list)
  left.add(child)
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => { stdout += text })
  child.stderr.setEncoding('utf8').on('data', (text: string) => { stderr += text })
  const ended = once(child, 'close').then(([code, signal]) => {
    left.delete(child)
    keepSecretsOf(env)
    keepSecrets(...stdout.match(/\bblnk_[\w-]{43}\b/g) ?? [], ...stdout.match(/(?<=Admin token +)[\w-]{43}/g) ?? [], ...[...stdout.matchAll(/"(?:admin_token|sandbox_core_key|api_key)": ?"([^"…]+)"/g)].map((match) => match[1]))
    keepText('log-of-commands', stderr)
    return { code: code as number | null, signal: signal as NodeJS.Signals | null, stdout, stderr }
  })
  return {
    child,
    ended,
    stderr: () => stderr,
    until: async (pattern) => await new Promise((resolve, reject) => {
      const look = (): void => { if (pattern.test(stdout)) resolve(stdout) }
      child.stdout.on('data', look)
      look()
      ended.then(() => { reject(new Error(`ended before it printed ${String(pattern)}: ${stdout}${stderr}`)) }, reject)
    })
  }
}

/** Runs a command to its end. */
export async function run (args: readonly string[], around: Around): Promise<Ended> {
  return await launch(args, around).ended
}

export interface StartLine {
  readonly url: string
  readonly ca: string | null
  readonly api_key: string | null
  readonly admin_token: string
  readonly instance_id: string
  readonly sandbox_core_url: string
  readonly sandbox_core_key: string
}

export interface Started extends Running {
  readonly line: StartLine
  proxy(method: string, path: string, body?: object): Promise<{ status: number, json: unknown }>
  /** @returns the exit code */
  stop(signal?: NodeJS.Signals): Promise<number | null>
}

/** `start --json` on a free port, until it is ready. `key` where the line does not tell it. */
export async function start (args: readonly string[], around: Around, key?: string): Promise<Started> {
  const running = launch(['start', '--json', '--port', '0', ...args], around)
  const line = JSON.parse(await running.until(/\n/)) as StartLine
  return {
    ...running,
    line,
    async proxy (method, path, body) {
      const answer = await fetch(`${line.url}/proxy${path}?instance_id=${line.instance_id}`, {
        method,
        headers: { Authorization: `Bearer ${key ?? line.api_key ?? ''}`, 'Content-Type': 'application/json' },
        body: body === undefined ? null : JSON.stringify(body)
      })
      return { status: answer.status, json: await answer.json() }
    },
    async stop (signal = 'SIGTERM') {
      running.child.kill(signal)
      return (await running.ended).code
    }
  }
}

/** A folder of the test's own, gone afterwards with whatever still runs. */
export function workFolder (): string {
  const folder = mkdtempSync(join(tmpdir(), 'blnk-gateway-cli-'))
  afterAll(async () => {
    for (const child of left) {
      child.kill('SIGKILL')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'close')
    }
    rmSync(folder, { recursive: true, force: true })
  })
  return folder
}
