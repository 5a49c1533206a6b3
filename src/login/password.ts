import { randomBytes, scrypt, timingSafeEqual, type ScryptOptions } from 'node:crypto'
import { GatewayError } from '../errors.js'

/**
 * N = 2^15, r = 8, p = 3: of the equal choices of OWASP's Password Storage Cheat Sheet (scrypt) the one that needs 32 MiB,
 * since several gateways may share a small machine.
 */
const COST = { ln: 15, r: 8, p: 3 }
const BYTES = 32

/** Of which one runs: each holds its memory, and one of the four threads that files and names are read with too. */
const MOST_IN_LINE = 8

let last: Promise<unknown> = Promise.resolve()
let inLineNow = 0

/**
 * @throws GatewayError LOGIN_TOO_OFTEN when so many wait already that an answer would be late
 */
async function inLine <T> (work: () => Promise<T>): Promise<T> {
  if (inLineNow >= MOST_IN_LINE) throw new GatewayError('LOGIN_TOO_OFTEN', { headers: { 'Retry-After': '5' } })
  inLineNow++
  const mine = last.then(work).finally(() => { inLineNow-- })
  last = mine.catch(() => {})
  return await mine
}

interface Cost { readonly ln: number, readonly r: number, readonly p: number }

async function derive (password: string, salt: Buffer, { ln, r, p }: Cost): Promise<Buffer> {
  const N = 2 ** ln
  // RFC 7914 2: the blocks, and what Node counts beside them.
  const options: ScryptOptions = { N, r, p, maxmem: 128 * r * (N + p + 2) }
  return await inLine(async () => await new Promise((resolve, reject) => {
    // One character can be typed in several ways (NIST SP 800-63B 5.1.1.2).
    scrypt(password.normalize('NFKC'), salt, BYTES, options, (error, key) => { error === null ? resolve(key) : reject(error) })
  }))
}

const base64 = (bytes: Buffer): string => bytes.toString('base64').replaceAll('=', '')

/** https://github.com/P-H-C/phc-string-format/blob/master/phc-sf-spec.md */
const PHC = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/

/** @returns what can be stored: scrypt's parameters, a salt, and the hash */
export async function hashPassword (password: string): Promise<string> {
  const salt = randomBytes(16)
  return `$scrypt$ln=${COST.ln},r=${COST.r},p=${COST.p}$${base64(salt)}$${base64(await derive(password, salt, COST))}`
}

/** @param stored as hashPassword made it */
export async function isPassword (password: string, stored: string): Promise<boolean> {
  const [, ln, r, p, salt, hash] = PHC.exec(stored) ?? []
  if (salt === undefined || hash === undefined) throw new Error('a stored password is not in the form of $scrypt$')
  const key = await derive(password, Buffer.from(salt, 'base64'), { ln: Number(ln), r: Number(r), p: Number(p) })
  return timingSafeEqual(key, Buffer.from(hash, 'base64'))
}
