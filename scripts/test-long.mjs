// `npm run test:long`: all tests with ten times the random operations, what takes minutes, and then the soak, which wants the
// machine for itself. With arguments, which vitest gets, those files alone.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url))

function run (...args) {
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}

const more = process.argv.slice(2)
run(vitest, 'run', '--config', 'vitest.long.config.ts', ...more)
if (more.every((argument) => argument.startsWith('-'))) run('bench/soak.mjs')
