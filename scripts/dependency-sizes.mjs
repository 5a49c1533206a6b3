// Prints, for each runtime dependency, its version, its size on disk and the size with all that it brings: the figures of docs/dependencies.md.
import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const read = (folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))

/** The folder of a package as Node finds it from another one; undefined for an optional one that is not installed. */
function folderOf (name, from) {
  for (const modules of createRequire(join(from, 'package.json')).resolve.paths(name) ?? []) {
    const folder = join(modules, name)
    if (statSync(join(folder, 'package.json'), { throwIfNoEntry: false })) return realpathSync(folder)
  }
}

/** Bytes of a package's own files, without the packages nested in it. */
function size (folder) {
  return readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return entry.name === 'node_modules' ? sum : sum + size(path)
    return entry.isFile() ? sum + statSync(path).size : sum
  }, 0)
}

function withAllItBrings (folder, seen = new Set()) {
  if (seen.has(folder)) return seen
  seen.add(folder)
  const { dependencies = {}, optionalDependencies = {} } = read(folder)
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
    const found = folderOf(name, folder)
    if (found !== undefined) withAllItBrings(found, seen)
  }
  return seen
}

const megabytes = (bytes) => (bytes / 1e6).toFixed(1)
const all = new Set()
for (const name of Object.keys(read(root).dependencies)) {
  const folder = folderOf(name, root)
  const brought = withAllItBrings(folder)
  for (const one of brought) all.add(one)
  console.log(`${name} ${read(folder).version}: ${megabytes(size(folder))} MB, ${megabytes([...brought].reduce((sum, one) => sum + size(one), 0))} MB in ${brought.size} packages`)
}
console.log(`together: ${megabytes([...all].reduce((sum, one) => sum + size(one), 0))} MB in ${all.size} packages`)
