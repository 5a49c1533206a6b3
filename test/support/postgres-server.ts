import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import { freePort } from './free-port.js'

/** Where Debian has the programs of each server, the newest first. */
export function installedServers (): Array<{ version: string, bin: string }> {
  try {
    return readdirSync('/usr/lib/postgresql').sort((a, b) => Number(b) - Number(a)).map((version) => ({ version, bin: `/usr/lib/postgresql/${version}/bin` }))
  } catch {
    return []
  }
}

/** Those of the newest; null: there is none on this machine. */
export const serverPrograms = (): string | null => installedServers()[0]?.bin ?? null

export interface PostgresServer {
  readonly url: string
  start(): Promise<void>
  /** At once, as a machine that is switched off. */
  stop(): Promise<void>
  /** The server hangs: it accepts and says nothing. */
  hang(): Promise<void>
  goOn(): void
  remove(): Promise<void>
}

/**
 * A Postgres server of the test's own, not started yet, which the test may stop; as user postgres where the test runs as root.
 * @param files put into its data directory, by their names: rules, settings, certificates
 */
export async function postgresServer (bin: string, files: Readonly<Record<string, string>> = {}): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), 'blnk-postgres-'))
  const data = join(folder, 'data')
  mkdirSync(data, { mode: 0o700 })
  const isRoot = process.getuid?.() === 0
  const id = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }))
  const as = isRoot ? { uid: id('-u'), gid: id('-g'), cwd: '/' } : { cwd: '/' }
  if (isRoot) {
    chmodSync(folder, 0o711)
    chownSync(data, id('-u'), id('-g'))
  }
  execFileSync(join(bin, 'initdb'), ['-D', data, '-U', 'postgres', '--auth=trust', '-E', 'UTF8', '--locale=C', '--no-sync'], { ...as, stdio: 'ignore' })
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(data, name), text, { mode: 0o600 })
    if (isRoot) chownSync(join(data, name), id('-u'), id('-g'))
  }
  const port = await freePort()
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`
  let child: ChildProcess | undefined
  const answers = async (): Promise<boolean> => {
    const client = new pg.Client({ connectionString: url })
    client.on('error', () => {})
    return await client.connect().then(async () => {
      await client.end()
      return true
    }, () => false)
  }
  const stop = async (): Promise<void> => {
    if (child === undefined) return
    const ended = once(child, 'exit')
    child.kill('SIGQUIT')
    child = undefined
    await ended
  }
  let stopped: number[] = []
  const backends = async (): Promise<number[]> => {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    const { rows } = await client.query<{ pid: number }>('SELECT pid FROM pg_stat_activity WHERE backend_type = $1 AND pid <> pg_backend_pid()', ['client backend'])
    await client.end()
    return rows.map(({ pid }) => pid)
  }
  return {
    url,
    async start () {
      child = spawn(join(bin, 'postgres'), ['-D', data, '-h', '127.0.0.1', '-p', String(port), '-k', data, '-c', 'fsync=off'], { ...as, stdio: 'ignore' })
      while (!await answers()) await wait(50)
    },
    stop,
    async hang () {
      stopped = [...await backends(), child?.pid as number]
      for (const pid of stopped) process.kill(pid, 'SIGSTOP')
    },
    goOn () { for (const pid of stopped) process.kill(pid, 'SIGCONT') },
    async remove () {
      await stop()
      rmSync(folder, { recursive: true, force: true })
    }
  }
}
