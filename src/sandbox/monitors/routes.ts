import { bindBody } from '../bind.js'
import type { Handler, Row } from '../call.js'
import { FOREIGN_KEY_VIOLATION, sqlState, violationDetails } from '../database-error.js'
import { CoreError } from '../errors.js'
import { field, struct, type Bound } from '../json/bind.js'
import { bigInt, float64, metadata, text, time } from '../json/go-types.js'
import { json } from '../reply.js'
import { blank, CANNOT_BE_BLANK, refuseInvalid, validationText } from '../validation.js'
import { createMonitor, deleteMonitor, findMonitor, listedMonitor, listMonitors, monitorJson, updateMonitor } from './monitor.js'

const FIELDS = ['debit_balance', 'credit_balance', 'balance', 'inflight_debit_balance', 'inflight_credit_balance', 'inflight_balance']

const createRequest = struct('model.CreateBalanceMonitor', {
  balance_id: field(text),
  condition: field(struct('model.MonitorCondition', { precision: field(float64), field: field(text), operator: field(text), value: field(float64) })),
  call_back_url: field(text),
  meta_data: field(metadata)
})

const updateRequest = struct('model.BalanceMonitor', {
  monitor_id: field(text),
  balance_id: field(text),
  description: field(text),
  created_at: field(time),
  condition: field(struct('model.AlertCondition', { value: field(float64), precision: field(float64), precise_value: field(bigInt), field: field(text), operator: field(text) }))
})

const isZero = (number: string): boolean => /^-?0$/.test(number)

function conditionError (condition: Bound<typeof createRequest>['condition']): string | undefined {
  const inner = validationText({
    field: blank(condition.field) ?? (FIELDS.includes(condition.field) ? undefined : 'must be a valid value'),
    operator: blank(condition.operator),
    precision: isZero(condition.precision) ? CANNOT_BE_BLANK : condition.precision.startsWith('-') ? 'precision cannot be negative' : undefined,
    value: isZero(condition.value) ? CANNOT_BE_BLANK : undefined
  })
  return inner === undefined ? undefined : `(${inner})`
}

const unknownMonitor = (id: string, details?: unknown): CoreError => new CoreError(404, 'BAL_MONITOR_NOT_FOUND', `Monitor with ID '${id}' not found`, { details })

/** What the database refuses: an operator that it does not know, or a value that is no whole number. */
const refusedAs = (message: string) => (error: unknown): never => {
  const state = sqlState(error)
  if (state === undefined || !/^2[23]/.test(state)) throw error
  throw new CoreError(500, 'GEN_INTERNAL', message, { details: violationDetails(error) })
}

const create: Handler = async (ledger, request) => {
  const { balance_id: balanceId, call_back_url: callBackUrl, condition } = bindBody(request, createRequest)
  refuseInvalid({ balance_id: blank(balanceId), condition: conditionError(condition) })
  const row = await createMonitor(ledger, { balanceId, callBackUrl, condition }).catch((error: unknown) => {
    if (sqlState(error) === FOREIGN_KEY_VIOLATION) throw new CoreError(400, 'GEN_BAD_REQUEST', 'Invalid balance ID', { details: violationDetails(error) })
    return refusedAs('Database error occurred')(error)
  })
  return json(201, monitorJson(row))
}

const show: Handler = async (ledger, { params }) => {
  const id = params['id'] as string
  const row = await findMonitor(ledger, id)
  if (row === undefined) throw unknownMonitor(id, {})
  return json(200, monitorJson(row))
}

const list: Handler = async (ledger) => {
  const rows = await listMonitors(ledger, null)
  return json(200, rows.length === 0 ? null : rows.map(listedMonitor))
}

const listOfBalance: Handler = async (ledger, { params }) => {
  const rows = await listMonitors(ledger, params['balance_id'] as string)
  return json(200, rows.length === 0 ? null : rows.map(monitorJson))
}

const update: Handler = async (ledger, request) => {
  const id = request.params['id'] as string
  const { balance_id: balanceId, description, condition } = bindBody(request, updateRequest)
  const known = await updateMonitor(ledger, id, { balanceId, description, condition }).catch(refusedAs('Failed to update monitor'))
  if (!known) throw unknownMonitor(id)
  return json(200, { message: 'BalanceMonitor updated successfully' })
}

const remove: Handler = async (ledger, { params }) => {
  const id = params['id'] as string
  if (!await deleteMonitor(ledger, id)) throw unknownMonitor(id)
  return json(200, { message: 'BalanceMonitor deleted successfully' })
}

export const monitorRows: readonly Row[] = [
  { method: 'POST', path: '/balance-monitors', handler: create },
  { method: 'GET', path: '/balance-monitors', handler: list },
  { method: 'GET', path: '/balance-monitors/:id', handler: show },
  { method: 'GET', path: '/balance-monitors/balances/:balance_id', handler: listOfBalance },
  { method: 'PUT', path: '/balance-monitors/:id', handler: update },
  { method: 'DELETE', path: '/balance-monitors/:id', handler: remove }
]
