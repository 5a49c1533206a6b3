import { linkSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { DataDirError } from './embedded.js'

interface Owner { readonly pid: number, readonly host: string, readonly started: string }

/** Milliseconds between two signs of life. A lock of another host counts as left behind after three of them. */
const BEAT_MS = 2_000

/** When the process began, in ticks since the machine did: it tells a process from a later one with its number. '' where /proc is not there. */
function startOf (pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  } catch {
    return ''
  }
}

function isAlive (pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function holds (owner: Owner, file: string): boolean {
  if (owner.host !== hostname()) return Date.now() - statSync(file).mtimeMs < 3 * BEAT_MS
  return isAlive(owner.pid) && startOf(owner.pid) === owner.started
}

function readOwner (file: string): { owner: Owner, text: string } | null {
  try {
    const text = readFileSync(file, 'utf8')
    return { owner: JSON.parse(text) as Owner, text }
  } catch {
    return null
  }
}

/**
 * Makes a data directory this process's own, until `release`.
 * @returns `lost` settles when the lock, or the whole directory, was taken away while it was held
 * @throws DataDirError when another process holds it
 */
export function lockDataDir (dataDir: string): { readonly lost: Promise<Error>, release(): void } {
  const file = join(dataDir, 'lock')
  const mine = JSON.stringify({ pid: process.pid, host: hostname(), started: startOf(process.pid) } satisfies Owner)
  const draft = `${file}.${process.pid}`
  writeFileSync(draft, mine, { mode: 0o600 })
  try {
    for (let attempt = 0; ; attempt++) {
      try {
        // A link fails where the name exists, and the file has its whole content from the first moment.
        linkSync(draft, file)
        break
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || attempt === 5) throw error
      }
      takeAway(file, dataDir)
    }
  } finally {
    rmSync(draft, { force: true })
  }
  let lose = (_error: Error): void => {}
  const lost = new Promise<Error>((resolve) => { lose = resolve })
  const beat = setInterval(() => {
    try {
      // A process that was stopped for long may find that another has taken its place.
      if (readOwner(file)?.text !== mine) throw new DataDirError(`the data directory ${dataDir} was taken away or taken over while it was in use`)
      utimesSync(file, new Date(), new Date())
    } catch (error) {
      clearInterval(beat)
      lose(error as Error)
    }
  }, BEAT_MS).unref()
  return {
    lost,
    release () {
      clearInterval(beat)
      if (readOwner(file)?.text === mine) rmSync(file, { force: true })
    }
  }
}

/** Removes the lock of a process that is gone, and no other: what was moved aside is looked at once more. */
function takeAway (file: string, dataDir: string): void {
  const seen = readOwner(file)
  if (seen !== null && holds(seen.owner, file)) {
    throw new DataDirError(`the data directory ${dataDir} is in use by process ${seen.owner.pid} on ${seen.owner.host}: stop that one, or name another with --data-dir`)
  }
  const aside = `${file}.${process.pid}.left`
  try {
    renameSync(file, aside)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  try {
    // Another process took the lock in between: it gets its own back.
    if (readOwner(aside)?.text !== seen?.text) linkSync(aside, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    rmSync(aside, { force: true })
  }
}
