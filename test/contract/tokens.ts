import { randomBytes } from 'node:crypto'

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'
const ID = new RegExp(`\\b([a-z_]{2,24}?)_(${UUID})|\\b(${UUID})\\b|\\b([0-9a-f]{64})\\b`, 'g')
const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)/g
const TWO_DAYS = 2 * 86_400_000
const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }

const aboutNow = (time: string): boolean => Math.abs(Date.parse(time) - Date.now()) < TWO_DAYS

/** Two-way map between live ids and the numbered tokens of a recording (recordings/README.md, replacements). */
export class Tokens {
  private readonly byValue = new Map<string, string>()
  private readonly counts = new Map<string, number>()
  private readonly run = randomBytes(4).toString('hex')

  private token (kind: string, value: string): string {
    let token = this.byValue.get(value)
    if (token === undefined) {
      const count = (this.counts.get(kind) ?? 0) + 1
      this.counts.set(kind, count)
      token = `<${kind}:${count}>`
      this.byValue.set(value, token)
    }
    return token
  }

  /** Live text as the recording has it. */
  normalise (text: string): string {
    const withIds = text.replace(ID, (found: string, kind?: string, _uuid?: string, bare?: string) =>
      kind !== undefined ? this.token(kind, found) : bare !== undefined ? this.token('uuid', found) : '<hash>')
    return withIds.replaceAll(this.run, '<run>').replace(TIME, (time) => aboutNow(time) ? '<time>' : time)
  }

  /** Recorded text with the live ids in it. */
  fill (text: string): string {
    let filled = text
    const longestFirst = [...this.byValue].sort(([, a], [, b]) => b.length - a.length)
    for (const [value, token] of longestFirst) filled = filled.replaceAll(token, value)
    return filled.replaceAll('<run>', this.run).replace(/<now([+-])(\d+)([smhd])>/g, (_found, sign: string, amount: string, unit: string) => {
      const seconds = Number(amount) * (UNIT_SECONDS[unit] as number) * (sign === '+' ? 1 : -1)
      return `${new Date(Date.now() + seconds * 1000).toISOString().slice(0, 19)}Z`
    })
  }
}
