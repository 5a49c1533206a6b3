import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { freePort } from '../support/free-port.js'

export const hasRedis = spawnSync('redis-server', ['--version']).status === 0
if (!hasRedis) console.log('skipped: what is counted in Redis needs the program redis-server')

export interface RedisServer {
  readonly port: number
  readonly url: string
  start (): Promise<void>
  /** With SIGSTOP it hangs: it accepts, and says nothing. */
  signal (name: NodeJS.Signals): void
  stop (): Promise<void>
}

/** A Redis of the test's own, with nothing on disk. Ends with the test. */
export async function startRedis (...options: readonly string[]): Promise<RedisServer> {
  const dir = mkdtempSync(join(tmpdir(), 'blnk-gateway-redis-'))
  const port = await freePort()
  let child: ChildProcess | undefined
  const server: RedisServer = {
    port,
    url: `redis://127.0.0.1:${port}`,
    async start () {
      child = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--dir', dir, '--save', '', '--appendonly', 'no', ...options], { stdio: ['ignore', 'pipe', 'inherit'] })
      let said = ''
      for await (const chunk of child.stdout as NodeJS.ReadableStream) {
        said += String(chunk)
        if (said.includes('Ready to accept connections')) break
      }
      if (!said.includes('Ready to accept connections')) throw new Error(`redis-server did not start: ${said}`)
    },
    signal (name) { child?.kill(name) },
    async stop () {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    }
  }
  onTestFinished(async () => {
    await server.stop()
    rmSync(dir, { recursive: true, force: true })
  })
  await server.start()
  return server
}
