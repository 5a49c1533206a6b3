import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Dispatcher } from 'undici'
import type { Turns } from '../proxy/turns.js'
import type { Acted } from '../audit/entry.js'
import type { Credential } from '../auth/credentials.js'
import type { Scope } from '../auth/scopes.js'
import type { Rooms } from './rooms.js'

/** A Core as the forwarder sees it. */
export interface Upstream {
  /** `https://host:port` */
  readonly origin: string
  /** '' or `/base`, without a slash at the end */
  readonly basePath: string
  /** Core's secret; a Core may have none */
  readonly key: string | undefined
  readonly dispatcher: Dispatcher
  readonly turns: Turns
}

/** What admission found out about a request. The request is decorated once, with this. */
export interface Call {
  readonly requestId: string
  readonly row: Row
  readonly rooms: Rooms
  /** undefined on public and admin rows */
  readonly credential: Credential | undefined
  /** undefined on rows that need no instance */
  readonly instanceId: string | undefined
  readonly upstream: Upstream | undefined
  /** What fill added, and the reference it made. */
  reference?: string
  filled?: readonly string[]
  /** What a handler knows of its act, and admission does not: for the audit log. */
  acted?: Acted
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

/** Which value of PROXY_ROUTES opens a row: spec/01 1.3 `documented`, 1.6 A `core`, 1.6 O `any`. */
export type Tier = 'documented' | 'core' | 'any'

/**
 * All of a route's policy, in the order it is executed. `public` needs no credential, `admin` the admin token; of a
 * list of scopes one is enough.
 */
export interface Row {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** In Fastify's pattern syntax. */
  readonly path: string
  readonly tier?: Tier
  readonly scope: Scope | readonly Scope[] | 'public' | 'admin'
  readonly instance: 'required' | 'none'
  /** JSON schema of the body, for routes of our own. */
  readonly body?: object
  /** Its JSON body comes as the bytes that were sent: a parsed number would not keep its digits. */
  readonly rawBody?: true
  /** Its body is a form (application/x-www-form-urlencoded), and nothing else. */
  readonly form?: true
  /** It answers people: its refusals are pages too, and pages of other origins have no business with it. */
  readonly page?: true
  /** Its refusals have the shape of RFC 6749 5.2. */
  readonly oauth?: true
  readonly fill?: Fill
  /** The setting that turns `fill` on; without it, fill is always on. */
  readonly fillSetting?: 'bulkFill'
  readonly handler: Handler
}
