import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** A program of the example, which tells by a line of JSON where it listens. */
export interface Running<Line> {
  readonly child: ChildProcess
  readonly line: Line
  /** Asks it to end, and waits until it has. @returns its exit code */
  stop(): Promise<number | null>
}

const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** The compiled programs of the example. */
export const APP = file('../app/main.js')
export const STAND_IN = file('../stand-in/main.js')

/** The gateway's command: of the repository that the example lies in, or of the package that is installed beside it. */
export function gatewayCommand (): string {
  const here = file('../../../../dist/src/cli/bin.js')
  if (existsSync(here)) return here
  const found = createRequire(import.meta.url).resolve('blnk-gateway/package.json')
  return found.replace(/package\.json$/, 'dist/src/cli/bin.js')
}

/** Starts a program without this one's environment, and waits for a line that `reads` takes. */
export async function start <Line> (args: readonly string[], { env, reads, cwd }: { env: Readonly<Record<string, string>>, reads: (line: string) => Line | undefined, cwd?: string }): Promise<Running<Line>> {
  const child = spawn(process.execPath, args, { env: { PATH: process.env['PATH'] ?? '', ...env }, stdio: ['ignore', 'pipe', 'inherit'], ...(cwd !== undefined && { cwd }) })
  const ended = once(child, 'exit') as Promise<[number | null]>
  const stop = async (): Promise<number | null> => {
    child.kill('SIGTERM')
    return (await ended)[0]
  }
  const lines = createInterface(child.stdout)
  const line = await new Promise<Line>((resolve, reject) => {
    // Read on to the end, so that it never waits for a reader.
    lines.on('line', (text) => {
      const read = reads(text)
      if (read !== undefined) resolve(read)
    })
    ended.then(([code]) => { reject(new Error(`${args[0] ?? ''} ended with ${String(code)} before it was ready`)) }, reject)
  })
  return { child, line, stop }
}

const memberOf = (text: string, member: string): unknown => text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>)[member] : undefined

/** For `start`: the address in a line of JSON. */
export const urlIn = (text: string): string | undefined => {
  const url = memberOf(text, 'url')
  return typeof url === 'string' ? url : undefined
}
