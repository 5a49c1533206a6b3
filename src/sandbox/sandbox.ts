import type { PostgresAddress } from '../lib/postgres.js'

/** One sandbox Core: where its tables are, and the `X-Blnk-Key` that callers reach it with. */
export interface LedgerAddress { readonly schema: string, readonly key: string }

export interface SandboxOptions {
  readonly database: PostgresAddress
  /** The most connections to the database. */
  readonly connections: number
  /** A loopback address. */
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  readonly logLevel: string
}

/** A running sandbox: one listener for many ledgers, told apart by key, off the caller's event loop. */
export interface Sandbox {
  /** `http://127.0.0.1:PORT` */
  readonly url: string
  /** Settles when it stopped without being asked to. */
  readonly died: Promise<Error>
  /** Migrates the schema when it is missing or old, serves it under this key (replacing an earlier key), starts its queue. */
  open(ledger: LedgerAddress): Promise<void>
  /** Stops serving a ledger and removes its tables. */
  drop(schema: string): Promise<void>
  /** Brings a ledger back to empty. */
  reset(schema: string): Promise<void>
  /** Settles when nothing of a ledger is queued or due. */
  settle(schema: string): Promise<void>
  /** Whether its database answers. */
  health(): Promise<boolean>
  close(): Promise<void>
}
