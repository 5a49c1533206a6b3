// Compiles to dist/, copies the SQL files and makes the template of the migrated embedded database.
// Run by `prepare`, so it uses no shell syntax and nothing that is not a dependency.
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const require = createRequire(import.meta.url)
const tsc = require.resolve('typescript/bin/tsc')
const compiled = spawnSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.json')], { stdio: 'inherit' })
if (compiled.status !== 0) process.exit(compiled.status ?? 1)

// What a source that is gone left behind would be packed, and found by whoever still imports it.
for (const folder of ['src', 'routes']) {
  for (const path of readdirSync(join(root, 'dist', folder), { recursive: true })) {
    const source = /^(.*?)(?:\.d\.(c?)ts|\.(c?)js(?:\.map)?)$/.exec(path)
    if (source !== null && !existsSync(join(root, folder, `${source[1]}.${source[2] ?? source[3]}ts`))) rmSync(join(root, 'dist', folder, path))
  }
}

for (const folder of ['src/store/migrations', 'src/sandbox/migrations']) {
  const target = join(root, 'dist', folder)
  rmSync(target, { recursive: true, force: true })
  if (existsSync(join(root, folder))) cpSync(join(root, folder), target, { recursive: true })
}
// What /openapi.json and /docs serve.
const documents = join(root, 'dist/documents')
mkdirSync(documents, { recursive: true })
writeFileSync(join(documents, 'openapi.json'), JSON.stringify(parse(readFileSync(join(root, 'openapi.yaml'), 'utf8'))))
const redoc = require.resolve('redoc/bundles/redoc.standalone.js')
const bundle = readFileSync(redoc, 'utf8')
// Its one picture would come from elsewhere, and its mark lies in the licence file.
const own = bundle.replaceAll('https://cdn.redoc.ly/redoc/logo-mini.svg', 'data:,').replace('redoc.standalone.js.LICENSE.txt', 'redoc.LICENSE.txt')
if (own === bundle || own.includes('cdn.redoc.ly')) {
  console.error('build: redoc loads its picture in another way than it did')
  process.exit(1)
}
writeFileSync(join(documents, 'redoc.js'), own)
writeFileSync(join(documents, 'redoc.LICENSE.txt'), [join(dirname(redoc), '../LICENSE'), `${redoc}.LICENSE.txt`].map((path) => readFileSync(path, 'utf8')).join('\n'))

const bin = join(root, 'dist/src/cli/bin.js')
if (existsSync(bin)) chmodSync(bin, 0o755)

const template = join(root, 'dist/src/store/template.js')
if (existsSync(template)) {
  const made = spawnSync(process.execPath, [template], { stdio: 'inherit' })
  // Start makes what is missing, so a failure here is said and not fatal.
  if (made.status !== 0) console.error('build: the database template was not made; the first start makes it')
}
