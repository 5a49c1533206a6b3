import { createHash, timingSafeEqual } from 'node:crypto'

const digest = (key: string): Buffer => createHash('sha256').update(key).digest()

/** What each key opens. Keys are held hashed. */
export class Keyring<T> {
  private readonly byHash = new Map<string, { readonly hash: Buffer, readonly name: string, readonly opens: T }>()

  /** A name has one key; another takes the first away. */
  set (name: string, key: string, opens: T): void {
    this.remove(name)
    const hash = digest(key)
    this.byHash.set(hash.toString('hex'), { hash, name, opens })
  }

  remove (name: string): void {
    for (const [id, entry] of this.byHash) if (entry.name === name) this.byHash.delete(id)
  }

  find (key: string): T | undefined {
    const hash = digest(key)
    const found = this.byHash.get(hash.toString('hex'))
    return found !== undefined && timingSafeEqual(found.hash, hash) ? found.opens : undefined
  }
}
