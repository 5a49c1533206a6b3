import { bindBody } from '../bind.js'
import type { CoreReply, CoreRequest, Handler, Row } from '../call.js'
import { CoreError } from '../errors.js'
import { field, struct, type Bound } from '../json/bind.js'
import { bool, int, text, textNamed, time } from '../json/go-types.js'
import { formatTime, parseTime } from '../json/time.js'
import { json } from '../reply.js'
import { deleteHook, findHook, hookJson, listHooks, putHook, type Hook } from './hook.js'

const hookRequest = struct('hooks.Hook', {
  id: field(text),
  name: field(text),
  url: field(text),
  type: field(textNamed('hooks.HookType')),
  active: field(bool),
  timeout: field(int),
  retry_count: field(int),
  created_at: field(time),
  last_run: field(time),
  last_success: field(bool)
})
type HookRequest = Bound<typeof hookRequest>

const KINDS = ['PRE_TRANSACTION', 'POST_TRANSACTION']
const STANDARD_TIMEOUT = 30n
const STANDARD_RETRIES = 3n
const MOST_RETRIES = 10n

/** Refusals of hooks have a shape of their own (spec/09 15). */
class HookRefusal extends Error {
  constructor (readonly reply: CoreReply) { super('refused') }
}

function refusedAs ({ status, code, legacy, message }: { readonly status: number, readonly code: string, readonly legacy: string, readonly message: string }): HookRefusal {
  return new HookRefusal(json(status, { code: legacy, details: {}, error_detail: { code, message, details: {} }, message }))
}

const failed = (message: string): HookRefusal => refusedAs({ status: 500, code: 'HOOK_OPERATION_FAILED', legacy: 'INVALID_INPUT', message })
const unknown = (message: string): HookRefusal => refusedAs({ status: 404, code: 'HOOK_NOT_FOUND', legacy: message === 'hook not found' ? 'NOT_FOUND' : 'INVALID_INPUT', message })

/** Only the ledger's own key manages hooks. */
const managed = (handler: Handler): Handler => async (ledger, request) => {
  if (request.apiKey !== undefined) throw new CoreError(403, 'AUTH_MASTER_KEY_REQUIRED', 'hook management requires master key')
  try {
    return await handler(ledger, request)
  } catch (error) {
    if (error instanceof HookRefusal) return error.reply
    throw error
  }
}

function bindHook (request: CoreRequest): HookRequest {
  try {
    return bindBody(request, hookRequest)
  } catch (error) {
    if (error instanceof CoreError) throw refusedAs({ status: 400, code: 'HOOK_INVALID', legacy: 'INVALID_INPUT', message: 'invalid hook data' })
    throw error
  }
}

/** RFC 3339 as a `timestamp` column takes it. */
function columnOf (moment: string): string {
  const { date, clock, fraction, zone } = parseTime(moment)
  return zone === 'Z' ? `${date} ${clock}${fraction === '' ? '' : `.${fraction}`}` : new Date(formatTime({ date, clock, fraction, zone })).toISOString().slice(0, -1).replace('T', ' ')
}

const create: Handler = async (ledger, request) => {
  const sent = bindHook(request)
  if (sent.url === '' || !KINDS.includes(sent.type)) throw failed('failed to register hook')
  const retries = sent.retry_count < 0n ? STANDARD_RETRIES : sent.retry_count > MOST_RETRIES ? MOST_RETRIES : sent.retry_count
  const hook: Hook = {
    hook_id: sent.id === '' ? ledger.ids.next('hook') : sent.id,
    name: sent.name,
    url: sent.url,
    type: sent.type,
    active: sent.active,
    timeout: String(sent.timeout <= 0n ? STANDARD_TIMEOUT : sent.timeout),
    retry_count: String(retries),
    created_at: ledger.clock.now().column,
    last_run: columnOf(sent.last_run),
    last_success: sent.last_success
  }
  await putHook(ledger, hook)
  return json(201, hookJson(hook))
}

/** Nothing is checked here, as in Core: a hook of no kind is kept and never called. */
const update: Handler = async (ledger, request) => {
  const sent = bindHook(request)
  const present = await findHook(ledger, request.params['id'] as string)
  if (present === undefined) throw unknown('failed to update hook')
  const hook: Hook = { ...present, name: sent.name, url: sent.url, type: sent.type, active: sent.active, timeout: String(sent.timeout), retry_count: String(sent.retry_count) }
  await putHook(ledger, hook)
  return json(200, hookJson(hook))
}

const show: Handler = async (ledger, { params }) => {
  const hook = await findHook(ledger, params['id'] as string)
  if (hook === undefined) throw unknown('hook not found')
  return json(200, hookJson(hook))
}

const list: Handler = async (ledger, { query }) => json(200, (await listHooks(ledger, query.get('type') ?? '')).map(hookJson))

const remove: Handler = async (ledger, { params }) => {
  if (!await deleteHook(ledger, params['id'] as string)) throw unknown('failed to delete hook')
  return json(200, { message: 'hook deleted successfully' })
}

export const hookRows: readonly Row[] = [
  { method: 'POST', path: '/hooks', handler: managed(create) },
  { method: 'PUT', path: '/hooks/:id', handler: managed(update) },
  { method: 'GET', path: '/hooks/:id', handler: managed(show) },
  { method: 'GET', path: '/hooks', handler: managed(list) },
  { method: 'DELETE', path: '/hooks/:id', handler: managed(remove) }
]
