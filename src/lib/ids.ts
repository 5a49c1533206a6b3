import { randomBytes, randomUUID } from 'node:crypto'

/** `<prefix>_<uuid v4>`, the form of every id in Core (spec/09 1). */
export const newId = (prefix: string): string => `${prefix}_${randomUUID()}`

/** URL-safe text from a CSPRNG; 32 bytes give 43 characters. */
export const newSecret = (bytes = 32): string => randomBytes(bytes).toString('base64url')
