import { randomBytes } from 'node:crypto'
import type { RequestEntry, RequestSummary } from './entry.js'

/** Requests that are kept. */
const MOST_ENTRIES = 500

/** Characters that all of them together may have in headers and bodies; the oldest go first. */
const MOST_CHARACTERS = 16 * 1024 * 1024

/** What is on its way to those who follow. `close` is called when nothing more will come. */
export interface Follower {
  add(summary: RequestSummary): void
  close(): void
}

/** The last requests of this process, in memory. */
export class RequestRing {
  readonly #tag = randomBytes(3).toString('base64').replace(/[+/]/g, 'x').toLowerCase()
  #count = 0
  #entries: Array<{ readonly entry: RequestEntry, readonly size: number }> = []
  #size = 0
  #closed = false
  readonly #followers = new Set<Follower>()

  /** No other process has the same ones, and no later run: an id of before a restart is not another request. */
  nextId (): string { return `req_${this.#tag}_${++this.#count}` }

  add (entry: RequestEntry): void {
    const size = sizeOf(entry)
    this.#entries.push({ entry, size })
    this.#size += size
    while (this.#entries.length > MOST_ENTRIES || (this.#size > MOST_CHARACTERS && this.#entries.length > 1)) this.#size -= this.#entries.shift()?.size ?? 0
    if (this.#followers.size === 0) return
    const summary = withoutMessages(entry)
    for (const follower of this.#followers) follower.add(summary)
  }

  /** The newest first; `more` when there are older ones that match. `before`: only those older than this one. */
  list (matches: (entry: RequestEntry) => boolean, { limit, before }: { limit: number, before?: string | undefined }): { data: RequestSummary[], more: boolean } {
    const data: RequestSummary[] = []
    for (let i = this.#startBelow(before); i >= 0; i--) {
      const { entry } = this.#entries[i]!
      if (!matches(entry)) continue
      if (data.length === limit) return { data, more: true }
      data.push(withoutMessages(entry))
    }
    return { data, more: false }
  }

  find (id: string): RequestEntry | undefined {
    return this.#entries.find(({ entry }) => entry.id === id)?.entry
  }

  clear (): void {
    this.#entries = []
    this.#size = 0
  }

  /** @returns what ends it */
  follow (follower: Follower): () => void {
    if (this.#closed) {
      follower.close()
      return () => {}
    }
    this.#followers.add(follower)
    return () => { this.#followers.delete(follower) }
  }

  /** Nothing more is told: the gateway stops. */
  close (): void {
    this.#closed = true
    for (const follower of this.#followers) follower.close()
    this.#followers.clear()
  }

  /** The index of the newest one to look at. One that has left the ring is older than all that are in it. */
  #startBelow (before: string | undefined): number {
    if (before === undefined) return this.#entries.length - 1
    return this.#entries.findIndex(({ entry }) => entry.id === before) - 1
  }
}

function withoutMessages (entry: RequestEntry): RequestSummary {
  const { request, response, ...summary } = entry
  return summary
}

function sizeOf ({ path, query, request, response }: RequestEntry): number {
  const headers = [...request.headers, ...response?.headers ?? []].reduce((sum, [name, value]) => sum + name.length + value.length, 0)
  return path.length + (query?.length ?? 0) + headers + (request.body.text?.length ?? 0) + (response?.body.text?.length ?? 0)
}
