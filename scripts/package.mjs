// Makes what `npm pack` makes, prints its size, and has publint and attw look at it. The build comes before it.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const require = createRequire(import.meta.url)
const folder = mkdtempSync(join(tmpdir(), 'blnk-gateway-package-'))

/** @returns standard output; without it where `shown` */
function run (command, args, shown) {
  // npm is npm.cmd on Windows, which only a shell starts; npm itself says where its JavaScript is.
  const done = spawnSync(command, args, { cwd: root, encoding: 'utf8', stdio: ['ignore', shown ? 'inherit' : 'pipe', 'inherit'] })
  if (done.status !== 0) process.exitCode = 1
  return done.stdout
}

try {
  const npm = process.env.npm_execpath
  if (npm === undefined) throw new Error('run it as: npm run package')
  const [made] = JSON.parse(run(process.execPath, [npm, 'pack', '--ignore-scripts', '--json', '--pack-destination', folder], false))
  console.log(`${made.filename}: ${made.files.length} files, ${(made.size / 1e6).toFixed(1)} MB, unpacked ${(made.unpackedSize / 1e6).toFixed(1)} MB`)
  const tarball = join(folder, made.filename)
  run(process.execPath, [join(dirname(require.resolve('publint')), 'cli.js'), tarball, '--strict'], true)
  run(process.execPath, [join(dirname(require.resolve('@arethetypeswrong/cli/package.json')), 'dist/index.js'), tarball], true)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
