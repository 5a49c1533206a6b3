// Everything that a change has to pass, one after another; the first that fails ends it.
import { spawnSync } from 'node:child_process'

const npm = process.env.npm_execpath
if (npm === undefined) throw new Error('run it as: npm run check')
for (const script of ['types', 'lint', 'unused', 'openapi', 'package', 'test', 'test:install']) {
  const { status } = spawnSync(process.execPath, [npm, 'run', script], { stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}
