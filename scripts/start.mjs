// `npm start`: makes what a skipped build step left out (npm ci --ignore-scripts), then starts.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const bin = new URL('../dist/src/cli/bin.js', import.meta.url)
const stamp = new URL('../dist/template/stamp', import.meta.url)
if (!existsSync(bin) || !existsSync(stamp)) {
  console.error('blnk-gateway: not built yet, building once')
  // Standard output is for what the start prints.
  const built = spawnSync(process.execPath, [fileURLToPath(new URL('./build.mjs', import.meta.url))], { stdio: ['ignore', 2, 2] })
  if (built.status !== 0) process.exit(built.status ?? 1)
}
process.argv = [process.execPath, fileURLToPath(bin), 'start', ...process.argv.slice(2)]
await import(bin.href)
