import { createHash } from 'node:crypto'
import { newId } from '../lib/ids.js'

/** Makes a ledger's ids: `<prefix>_<uuid v4>` (spec/09 1). */
export interface Ids {
  next(prefix: string): string
  /** From now on the same ids in the same order for one seed; null: random ones again. */
  seed(seed: string | null): void
}

/** The uuid v4 that a seed gives at a place in the order; new_uuid() of the schema makes others of the same kind. */
function seededUuid (seed: string, place: number): string {
  const hex = createHash('md5').update(`${seed}/${place}`).digest('hex')
  const variant = '89ab'[Number.parseInt(hex[16] as string, 16) % 4] as string
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`
}

export function createIds (): Ids {
  let seed: string | null = null
  let place = 0
  return {
    next: (prefix) => seed === null ? newId(prefix) : `${prefix}_${seededUuid(seed, place++)}`,
    seed (given) {
      seed = given
      place = 0
    }
  }
}
