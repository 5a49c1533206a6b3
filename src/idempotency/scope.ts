import { createHmac, hkdfSync } from 'node:crypto'
import type { Credential } from '../auth/credentials.js'

/** What makes two requests with a key the same one. */
export interface Scope {
  readonly instanceId: string
  readonly owner: Pick<Credential, 'kind' | 'id' | 'subject'>
  readonly method: string
  /** Below the Core's base path, without its query. */
  readonly path: string
  readonly key: string
}

/** What is derived from the key that seals secrets: whoever has the database alone can make neither scopes nor references. */
export interface Scopes {
  /** Of the same requests the same, whoever of the replicas is asked. */
  of(scope: Scope): Buffer
  fingerprint(query: string, body: Buffer): Buffer
  /** The n-th reference that is made for a request, in the form of every id: for the same request the same ones. */
  reference(scope: Buffer, n: number): string
}

export function createScopes (encryptionKey: Buffer): Scopes {
  const derived = (what: string): Buffer => Buffer.from(hkdfSync('sha256', encryptionKey, '', `blnk-gateway idempotency ${what}`, 32))
  const [scopes, bodies, references] = [derived('scope'), derived('body'), derived('reference')]
  return {
    of: ({ instanceId, owner, method, path, key }) =>
      createHmac('sha256', scopes).update(JSON.stringify([instanceId, owner.kind, owner.id, owner.subject ?? null, method, path, key])).digest(),
    fingerprint: (query, body) => createHmac('sha256', bodies).update(JSON.stringify(query)).update(body).digest(),
    reference (scope, n) {
      const bytes = createHmac('sha256', references).update(scope).update(String(n)).digest().subarray(0, 16)
      // A UUID of version 8, whose bits are the maker's own (RFC 9562 5.8).
      bytes[6] = bytes[6]! & 0x0f | 0x80
      bytes[8] = bytes[8]! & 0x3f | 0x80
      return `ref_${bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')}`
    }
  }
}
