import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { checkSeed, type Seed } from './seed.js'
import { readObject, readText, SeedError } from './text.js'

export interface ReadSeed {
  readonly seed: Seed
  /** SHA-256 of what was read. */
  readonly digest: string
}

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex')

function textOf (file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new SeedError(`${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`, error)
  }
}

/**
 * Where the seed comes from: a file, read again when it has changed, or an object.
 * @returns what reads it; undefined for none
 */
export function seedSource (from: string | object | undefined): (() => ReadSeed) | undefined {
  if (from === undefined) return undefined
  if (typeof from === 'object') {
    const text = readObject(from)
    const read = { seed: checkSeed(text), digest: digestOf(JSON.stringify(text.value)) }
    return () => read
  }
  let last: ReadSeed | undefined
  return () => {
    const text = textOf(from)
    const digest = digestOf(text)
    if (last?.digest !== digest) last = { seed: checkSeed(readText(text, from)), digest }
    return last
  }
}
