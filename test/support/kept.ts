import { appendFileSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Names the folder for the workers, which inherit the environment. */
const FOLDER = 'TEST_KEPT'

/** Shorter ones are words of their own, and found everywhere. */
const LEAST = 8

/** Begins what a run keeps: the secrets that it makes, and the texts in which none of them may be. */
export function keepInFolder (): string {
  const folder = mkdtempSync(join(tmpdir(), 'blnk-gateway-run-'))
  process.env[FOLDER] = folder
  return folder
}

export const keptFile = (name: string): string => join(process.env[FOLDER] ?? tmpdir(), name)

/** Remembers secrets of the run, to look for at its end. */
export function keepSecrets (...secrets: ReadonlyArray<string | null | undefined>): void {
  const lines = secrets.filter((one) => typeof one === 'string' && one.length >= LEAST).map((one) => JSON.stringify(one) + '\n')
  if (process.env[FOLDER] !== undefined && lines.length > 0) appendFileSync(keptFile('secrets'), lines.join(''))
}

/** Keeps what the product wrote where no secret may be. @param name of its kind: `errors`, `log-of-commands` */
export function keepText (name: string, text: string): void {
  if (process.env[FOLDER] !== undefined && text !== '') appendFileSync(keptFile(`${name}.text`), `${text}\n`)
}

/** What a process was given by its environment that is secret. */
export function keepSecretsOf (environment: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(environment)) {
    if (/(_KEY|_TOKEN|_SECRET|_PASSWORD)$/.test(name)) keepSecrets(value)
    if (name === 'DATABASE_URL' && value !== undefined && URL.canParse(value)) keepSecrets(new URL(value).password)
  }
}

export interface Found { readonly at: number, readonly which: number }

/** A secret as text, and its bytes in the two spellings in which a database and a log write bytes. */
export const spellings = (secret: string): Buffer[] => {
  const bytes = /^[\da-f]{64}$/.test(secret) ? Buffer.from(secret, 'hex') : Buffer.from(secret)
  return [secret, bytes.toString('hex'), bytes.toString('base64')].map((text) => Buffer.from(text))
}

/**
 * Every place where one of many texts begins in another, in one pass: the last four bytes of each are looked up at every
 * position.
 */
export function findAny (haystack: Buffer, needles: readonly Buffer[]): Found[] {
  const byTail = new Map<number, Array<readonly [needle: Buffer, which: number]>>()
  const mayEnd = new Uint8Array(1 << 16)
  needles.forEach((needle, which) => {
    const tail = needle.readUInt32LE(needle.length - 4)
    byTail.set(tail, [...byTail.get(tail) ?? [], [needle, which]])
    mayEnd[tail >>> 16] = 1
  })
  const found: Found[] = []
  for (let end = 4; end <= haystack.length; end++) {
    if (mayEnd[haystack[end - 2]! | haystack[end - 1]! << 8] === 0) continue
    for (const [needle, which] of byTail.get(haystack.readUInt32LE(end - 4)) ?? []) {
      const at = end - needle.length
      if (at >= 0 && haystack.compare(needle, 0, needle.length, at, end) === 0) found.push({ at, which })
    }
  }
  return found
}
