// Writes deploy/.env with a secret of its own for each that compose.yaml asks for; what is there already stays as it is.
import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const beside = (name) => fileURLToPath(new URL(name, import.meta.url))
const asked = new Set([...readFileSync(beside('compose.yaml'), 'utf8').matchAll(/\$\{(\w+):\?\}/g)].map((match) => match[1]))
// The key of AES-256 as text: 32 characters.
const bytes = (name) => name === 'CORE_TOKENIZATION_SECRET' ? 16 : 32
const file = process.argv[2] ?? beside('.env')
try {
  writeFileSync(file, [...asked].map((name) => `${name}=${randomBytes(bytes(name)).toString('hex')}\n`).join(''), { mode: 0o600, flag: 'wx' })
  console.log(`${file}: ${[...asked].join(', ')}`)
} catch (error) {
  if (error.code !== 'EEXIST') throw error
  console.error(`${file} is there already, and stays as it is`)
  process.exitCode = 1
}
