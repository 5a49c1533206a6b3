import type { FastifyRequest } from 'fastify'
import type { Credential } from '../auth/credentials.js'
import type { Outcome, Watch } from '../gateway/record.js'
import type { Call, Row } from '../gateway/row.js'
import { exactly, routeOf, type Action } from './actions.js'
import type { Actor, ActorKind, AuditEntry } from './entry.js'
import { Members } from './members.js'
import type { Refusal } from './refusals.js'
import { resultOf } from './result.js'

const KINDS: Readonly<Record<Credential['kind'], ActorKind>> = { api: 'key', app: 'app', oauth: 'client', jwt: 'token' }

function actorOf (row: Row | undefined, credential: Credential | undefined, isAdmitted: boolean): Actor {
  if (credential !== undefined) return { kind: KINDS[credential.kind], id: credential.id, name: credential.name, prefix: credential.prefix, subject: credential.subject }
  return { kind: row?.scope === 'admin' && isAdmitted ? 'admin' : 'none' }
}

/** Limits can be met as often as a caller likes, and so can whatever needs no credential. */
const TOO_MANY = 429

const firstParameter = (request: FastifyRequest): string | undefined => Object.values(request.params as Record<string, string> | undefined ?? {})[0]

/** Rows of the admin API that are about one instance. */
const instanceIn = (row: Row, id: string | undefined): string | undefined => row.path.startsWith('/admin/instances/:id') ? id : undefined

/** What is about to be forwarded, or done here. */
export function intentOf (call: Call, request: FastifyRequest, action: Action): AuditEntry {
  const { row, credential, instanceId } = call
  const id = firstParameter(request)
  const { action: words, kind } = exactly(action, id, undefined)
  return {
    at: request.record?.at ?? Date.now(),
    phase: 'intent',
    outcome: 'unknown',
    actor: actorOf(row, credential, true),
    action: words,
    entityKind: kind,
    entityId: id,
    instanceId: instanceId ?? instanceIn(row, id),
    route: routeOf(row),
    requestId: request.id,
    address: request.record?.address ?? request.ip
  }
}

/** Of a refusal that could come any number of times; undefined for what has a row of its own. */
function countedOf (outcome: Outcome, actor: Actor, hasOwnRow: Writer['hasOwnRow']): Refusal | undefined {
  const { refusal, at, address, reason = 'refused', row, instanceId } = outcome
  if (refusal === undefined || refusal.status >= 500) return undefined
  const counted = { at, actor, address, reason, status: refusal.status }
  if (actor.kind === 'none' || refusal.status === TOO_MANY) return counted
  const route = row === undefined ? undefined : routeOf(row)
  // An instance that there is: any other id is the caller's own word, and each would have a row.
  const known = outcome.reason === 'unknown_instance' || outcome.reason === 'bound_to_another_instance' ? undefined : instanceId
  const alike = { ...counted, route, instanceId: known }
  return hasOwnRow(alike) ? undefined : alike
}

/** Where acts are written, one by one or counted. */
export interface Writer {
  write(entry: AuditEntry): void
  count(refusal: Refusal): void
  /** Asked once a refusal: whether it is one of the first of its kind. */
  hasOwnRow(refusal: Refusal): boolean
}

/** All that an outcome says of an act, in one literal: this is made of every write that passes. */
const entryOf = (outcome: Outcome, about: Pick<AuditEntry, 'actor' | 'action'> & Partial<AuditEntry>): AuditEntry => ({
  at: outcome.at,
  phase: about.phase,
  act: about.act,
  actor: about.actor,
  action: about.action,
  outcome: resultOf(outcome),
  entityKind: about.entityKind,
  entityId: about.entityId,
  instanceId: about.instanceId,
  status: outcome.status,
  reason: outcome.reason ?? (outcome.end === 'answered' ? undefined : outcome.end),
  route: outcome.row === undefined ? undefined : routeOf(outcome.row),
  reference: about.reference,
  requestId: outcome.requestId,
  address: outcome.address
})

/** A refusal of what is no act: a read, or a route that is not there. One that nobody decided, such as a Core that is down, is none. */
export function writeRefusal (outcome: Outcome, { write, count, hasOwnRow }: Writer): void {
  if (outcome.refusal === undefined || outcome.refusal.status >= 500) return
  const actor = actorOf(outcome.row, outcome.credential, outcome.refusal.status !== 401)
  const refusal = countedOf(outcome, actor, hasOwnRow)
  if (refusal === undefined) write(entryOf(outcome, { actor, action: 'Request refused', instanceId: outcome.instanceId }))
  else count(refusal)
}

/** Header names are as they came. */
function isEncoded (headers: readonly string[]): boolean {
  for (let i = 0; i < headers.length; i += 2) if (headers[i]!.length === 16 && headers[i]!.toLowerCase() === 'content-encoding') return true
  return false
}

export interface Watched {
  readonly request: FastifyRequest
  readonly row: Row
  readonly action: Action
  /** The act whose intent was written. */
  readonly intended: () => string | undefined
}

/** Reads out of an act's request and answer what they are about, while both pass. One is made of every write. */
export class ActWatch implements Watch {
  readonly #sent: Members | undefined
  #received: Members | undefined

  constructor (private readonly act: Watched, private readonly to: Writer) {
    const { sent } = act.action
    if (sent !== undefined) this.#sent = new Members(sent)
  }

  sent (chunk: Buffer): void { this.#sent?.add(chunk) }

  answered (status: number, headers: readonly string[]): void {
    const { answer } = this.act.action
    if (answer !== undefined && status < 300 && !isEncoded(headers)) this.#received = new Members([answer])
  }

  received (chunk: Buffer): void { this.#received?.add(chunk) }

  ended (outcome: Outcome): void {
    const { request, row, action, intended } = this.act
    const { write, count, hasOwnRow } = this.to
    const act = intended()
    const acted = request.call?.acted
    const actor = acted?.actor ?? actorOf(row, outcome.credential, outcome.refusal?.status !== 401)
    const refusal = act === undefined ? countedOf(outcome, actor, hasOwnRow) : undefined
    if (refusal !== undefined) return count(refusal)
    // Anybody can send it as often as they like.
    if (row.scope === 'public' && actor.kind === 'none') return
    const id = firstParameter(request)
    const { action: words, kind } = exactly(action, id, this.#sent?.get('status'))
    write(entryOf(outcome, {
      phase: act === undefined ? undefined : 'outcome',
      act,
      actor,
      action: acted?.action ?? words,
      entityKind: kind,
      entityId: acted?.entityId ?? (action.answer === undefined ? id : this.#received?.get(action.answer)),
      instanceId: acted?.instanceId ?? outcome.instanceId ?? instanceIn(row, id),
      reference: outcome.reference ?? this.#sent?.get('reference')
    }))
  }
}
