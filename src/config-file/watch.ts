import { statSync } from 'node:fs'

/** Milliseconds between two looks. A change counts once two looks see the same, so that no half-written file is read. */
const LOOK_MS = 500

/** Through links: Kubernetes renews a volume by pointing one elsewhere. */
function stampOf (path: string): string {
  const found = statSync(path, { throwIfNoEntry: false })
  return found === undefined ? 'none' : `${found.dev} ${found.ino} ${found.size} ${found.mtimeMs}`
}

/**
 * Calls `changed` when one of these files is another than before.
 * @param files asked at each look, as what they refer to changes too
 */
export function watchFiles (files: () => readonly string[], changed: () => void): () => void {
  const look = (): string => files().map((path) => {
    try {
      return `${path} ${stampOf(path)}`
    } catch (error) {
      return `${path} ${(error as NodeJS.ErrnoException).code ?? ''}`
    }
  }).join('\n')
  // What was changed since it was read and before anyone looked counts too.
  let known: string | undefined
  let last = look()
  const timer = setInterval(() => {
    const now = look()
    if (now !== known && now === last) {
      known = now
      changed()
    }
    last = now
  }, LOOK_MS)
  timer.unref()
  return () => { clearInterval(timer) }
}
