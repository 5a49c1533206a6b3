import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Dispatcher } from 'undici'
import type { Scope } from '../auth/scopes.js'
import type { Credential } from '../auth/credentials.js'

/** A Core as the forwarder sees it. */
export interface Upstream {
  /** `https://host:port` */
  readonly origin: string
  /** '' or `/base`, without a slash at the end */
  readonly basePath: string
  /** Core's secret; a Core may have none */
  readonly key: string | undefined
  readonly dispatcher: Dispatcher
}

/** What admission found out about a request. Rows that need no instance have none. */
export interface Call {
  readonly requestId: string
  readonly row: Row
  readonly credential: Credential | undefined
  readonly instanceId: string | undefined
  readonly upstream: Upstream | undefined
  /** Set by fill. */
  reference?: string
  filled?: readonly string[]
}

export type Handler = (request: FastifyRequest, reply: FastifyReply, call: Call) => Promise<unknown> | unknown

/** Adds what the caller left out; the body's other bytes stay. */
export type Fill = (body: Buffer, makeReference: () => string) => Filled

export interface Filled {
  /** The whole body, or its parts in order. */
  readonly body: Buffer | readonly Buffer[]
  readonly reference?: string
  readonly filled: readonly string[]
}

/** Which setting of PROXY_ROUTES opens a row: spec/01 1.3 `documented`, 1.6 A `core`, 1.6 O `any`. */
export type Tier = 'documented' | 'core' | 'any'

/**
 * All of a route's policy, in the order it is executed. `public` needs no credential, `admin` the admin token; a list
 * of scopes admits whoever has one of them.
 */
export interface Row {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** In Fastify's pattern syntax. */
  readonly path: string
  readonly scope: Scope | readonly Scope[] | 'public' | 'admin'
  readonly instance: 'required' | 'none'
  readonly fill?: Fill
  readonly tier?: Tier
  readonly handler: Handler
}
