// Compiles the example, and runs it from its beginning to its end: gateway, Stripe's stand-in and app, as processes of their own.
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('.', import.meta.url))
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc')
// Types are for who changes it: `npm run build` looks at them.
const { status } = spawnSync(process.execPath, [tsc, '-p', here, '--noCheck'], { stdio: 'inherit' })
if (status !== 0) process.exit(status ?? 1)
await import('./dist/run/example.js')
