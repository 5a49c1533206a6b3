import type { Logger } from 'pino'
import type { Blnk } from '../blnk.js'
import type { Install, Store } from '../store.js'

/** What a sync of one install works with. */
export interface Job {
  readonly store: Store
  readonly blnk: Blnk
  readonly install: Install
  readonly log: Logger
  readonly signal: AbortSignal
}

/** Requests to Blnk at the same time. */
export const AT_ONCE = 8
