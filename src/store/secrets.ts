import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DataDirError } from './embedded.js'

/** What a gateway leaves in its data directory, whichever part of a start was its last. */
const OURS = /^(lock(\..*)?|admin-token|encryption-key|sandbox-core-key|postgres-(begun|made))$/

/** A volume's own. */
const NOBODYS = new Set(['lost+found'])

/**
 * Makes a directory that only this user can enter, or makes a gateway's own so.
 * @throws DataDirError for a directory that others use: it is left as it is
 */
export function makePrivateDir (path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 })
  const there = readdirSync(path).filter((name) => !NOBODYS.has(name))
  if (there.length > 0 && !there.some((name) => OURS.test(name))) {
    throw new DataDirError(`the directory ${path} holds other files: name an empty or a new one with --data-dir`)
  }
  chmodSync(path, 0o700)
}

/** A secret in a 0600 file, or null. */
export function readSecret (dataDir: string, name: string): string | null {
  try {
    return readFileSync(join(dataDir, name), 'utf8').trim()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

export function writeSecret (dataDir: string, name: string, value: string): void {
  const path = join(dataDir, name)
  writeFileSync(path, `${value}\n`, { mode: 0o600 })
  chmodSync(path, 0o600)
}

/** The secret of that name, made on the first start and found again on later ones. In memory where there is no directory. */
export function keptSecret (dataDir: string | null, name: string, make: () => string): string {
  if (dataDir === null) return make()
  const kept = readSecret(dataDir, name)
  if (kept !== null && kept !== '') return kept
  const made = make()
  writeSecret(dataDir, name, made)
  return made
}

/** @throws DataDirError */
export function keptEncryptionKey (dataDir: string | null): Buffer {
  const text = keptSecret(dataDir, 'encryption-key', () => randomBytes(32).toString('hex'))
  if (!/^[0-9a-f]{64}$/.test(text)) throw new DataDirError(`the file encryption-key in ${dataDir} is damaged: put a copy back, or start with BLNK_ENCRYPTION_KEY`)
  return Buffer.from(text, 'hex')
}
