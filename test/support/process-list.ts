import { readdirSync, readFileSync } from 'node:fs'
import { keepText } from './kept.js'

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // It has ended, or this is no Linux.
    return ''
  }
}

function threadsOf (pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`)
  } catch {
    return []
  }
}

/** What every user of this machine can read of a process and of all that it started: their arguments. */
export function argumentsOf (pid: number): string[] {
  const children = threadsOf(pid).flatMap((thread) => read(`/proc/${pid}/task/${thread}/children`).split(' ').filter((one) => one !== '').map(Number))
  return [read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim(), ...children.flatMap(argumentsOf)].filter((line) => line !== '')
}

/** Keeps them, as of now; each line once a process. */
export function processList (pid: number): () => void {
  const seen = new Set<string>()
  return () => {
    for (const line of argumentsOf(pid).filter((one) => !seen.has(one))) {
      seen.add(line)
      keepText('process-list', line)
    }
  }
}
