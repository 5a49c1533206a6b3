import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

// NIST SP 800-38D: 96 bits of nonce, made anew for each text, and 128 of tag.
const NONCE = 12
const TAG = 16

/** Encrypts with AES-256-GCM. @param owner whom it belongs to: it cannot be opened as another's */
export function seal (secret: Buffer, text: string, owner: string): Buffer {
  const nonce = randomBytes(NONCE)
  const cipher = createCipheriv('aes-256-gcm', secret, nonce).setAAD(Buffer.from(owner))
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed])
}

/** @throws Error where the secret or the owner is another, or the bytes were changed */
export function open (secret: Buffer, sealed: Uint8Array, owner: string): string {
  const bytes = Buffer.from(sealed)
  const decipher = createDecipheriv('aes-256-gcm', secret, bytes.subarray(0, NONCE)).setAAD(Buffer.from(owner)).setAuthTag(bytes.subarray(NONCE, NONCE + TAG))
  return Buffer.concat([decipher.update(bytes.subarray(NONCE + TAG)), decipher.final()]).toString('utf8')
}
