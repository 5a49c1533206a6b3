import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** What a clone does not have. */
const MADE = new Set(['node_modules', 'dist', 'coverage', '.git', '.blnk-gateway', '.blnk-sandbox', '.stripe-sync'])

/** The paths of the repository's files below a folder, with / and from the root. */
export function filesBelow (folder = '.'): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (MADE.has(entry.name)) return []
    return entry.isDirectory() ? filesBelow(path) : entry.isFile() ? [relative('.', path).replaceAll('\\', '/')] : []
  }).sort()
}

export const textOf = (path: string): string => readFileSync(join(ROOT, path), 'utf8')

/** The TypeScript files of the product. */
export const sources = (): string[] => ['src', 'routes'].flatMap((folder) => filesBelow(folder)).filter((path) => /\.c?ts$/.test(path))
