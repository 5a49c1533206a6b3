import { createHash, randomBytes } from 'node:crypto'

const TAG_BYTES = 6

/** 32 bytes as base64url with padding, the form of Core's keys (spec/09 16). */
const FORM = /^[\w-]{43}=$/

/** Tells the ledger that a key belongs to, so that a request needs one look into one ledger, however many are served. */
export const ledgerTag = (schema: string): string => createHash('sha256').update(`blnk sandbox ledger ${schema}`).digest().subarray(0, TAG_BYTES).toString('hex')

/** A new key: the ledger's tag, which is no secret, and 208 random bits. Never made from a seed. */
export function newApiKey (schema: string): string {
  const bytes = Buffer.concat([Buffer.from(ledgerTag(schema), 'hex'), randomBytes(32 - TAG_BYTES)])
  return `${bytes.toString('base64url')}=`
}

/** @returns the tag of the ledger that a key names, or undefined where the text has not the form of a key */
export const tagOf = (key: string): string | undefined => FORM.test(key) ? Buffer.from(key, 'base64url').subarray(0, TAG_BYTES).toString('hex') : undefined

/** What is stored of a key. A fast hash is enough for one that nobody can guess. */
export const hashApiKey = (key: string): string => createHash('sha256').update(key).digest('hex')
