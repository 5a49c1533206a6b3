import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

const NONCE = 12
const TAG = 16

/** Encrypts Core secrets and database URLs at rest, AES-256-GCM. A sealed value is nonce, ciphertext, tag. */
export interface Seal {
  seal(text: string): Buffer
  /** @throws Error when the value was sealed with another key or was changed */
  open(sealed: Buffer): string
}

/** @param key 32 bytes */
export function createSeal (key: Buffer): Seal {
  return {
    seal (text) {
      const nonce = randomBytes(NONCE)
      const cipher = createCipheriv('aes-256-gcm', key, nonce)
      return Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
    },
    open (sealed) {
      const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE))
      decipher.setAuthTag(sealed.subarray(-TAG))
      return Buffer.concat([decipher.update(sealed.subarray(NONCE, -TAG)), decipher.final()]).toString('utf8')
    }
  }
}
