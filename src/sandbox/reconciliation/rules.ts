import type { Queryable } from '../../lib/postgres.js'
import { bindBody } from '../bind.js'
import type { Handler } from '../call.js'
import { CoreError } from '../errors.js'
import { field, struct, type Bound } from '../json/bind.js'
import { encodeJson, RawJson, type Encodable } from '../json/encode.js'
import { float64, list, text, time } from '../json/go-types.js'
import { timestampJson } from '../json/time.js'
import { json } from '../reply.js'

const criterion = struct('model.MatchingCriteria', { field: field(text), operator: field(text), value: field(text), pattern: field(text), allowable_drift: field(float64) })

/** One condition of a rule. `allowable_drift` is a float64 as text: a fraction of an amount, seconds of a date, per cent of a text. */
export type Criterion = Bound<typeof criterion>

const ruleRequest = struct('model.MatchingRule', {
  rule_id: field(text),
  created_at: field(time),
  updated_at: field(time),
  name: field(text),
  description: field(text),
  criteria: field(list(criterion))
})

const OPERATORS = ['equals', 'greater_than', 'less_than', 'contains']
const FIELDS = ['amount', 'date', 'description', 'reference', 'currency']

const invalid = (sentence: string): CoreError => new CoreError(400, 'RECON_RULE_INVALID', sentence)

/** @param details Core carries the cause of a read, and none of a write that met no row */
const unknownRule = (id: string, details?: unknown): CoreError => new CoreError(404, 'RECON_RULE_NOT_FOUND', `Matching rule with ID '${id}' not found`, { details })

/** spec/09 9, rule validation: the first thing that is wrong, in Core's order. */
function checkCriterion ({ field: name, operator, allowable_drift: drift }: Criterion): void {
  if (name === '' || operator === '') throw invalid('field and operator are required for each criteria')
  if (!OPERATORS.includes(operator)) throw invalid('invalid operator')
  if (!FIELDS.includes(name)) throw invalid('invalid field')
  if (operator !== 'equals') return
  if (name === 'amount' && (Number(drift) < 0 || Number(drift) > 1)) throw invalid('drift for amount must be between 0 and 1 (fraction, e.g. 0.01 = 1%)')
  if (name === 'date' && Number(drift) < 0) throw invalid('drift for date must be non-negative (seconds)')
}

function checkedCriteria ({ name, criteria }: Bound<typeof ruleRequest>): readonly Criterion[] {
  if (name === '') throw invalid('rule name is required')
  if (criteria === null || criteria.length === 0) throw invalid('at least one matching criteria is required')
  criteria.forEach(checkCriterion)
  return criteria
}

const criterionJson = (each: Criterion): Encodable => ({
  field: each.field,
  operator: each.operator,
  value: each.value,
  pattern: each.pattern,
  allowable_drift: new RawJson(each.allowable_drift)
})

const ruleJson = (rule: { rule_id: string, created_at: string, updated_at: string, name: string, description: string }, criteria: readonly Criterion[]): Encodable =>
  ({ rule_id: rule.rule_id, created_at: rule.created_at, updated_at: rule.updated_at, name: rule.name, description: rule.description, criteria: criteria.map(criterionJson) })

/** A name beyond its column is found out by the database. */
const unwritable = (verb: 'record' | 'update') => (error: unknown): never => {
  if ((error as { code?: string }).code?.startsWith('22') === true) throw new CoreError(500, 'GEN_INTERNAL', `Failed to ${verb} matching rule`, { details: {} })
  throw error
}

/** POST /reconciliation/matching-rules */
export const createRule: Handler = async (ledger, request) => {
  const sent = bindBody(request, ruleRequest)
  const criteria = checkedCriteria(sent)
  const { json: now, column } = ledger.clock.now()
  const rule = { rule_id: ledger.ids.next('rule'), created_at: now, updated_at: now, name: sent.name, description: sent.description }
  await ledger.db.query(`INSERT INTO ${ledger.schema}.matching_rules (rule_id, created_at, updated_at, name, description, criteria) VALUES ($1, $2, $2, $3, $4, $5)`,
    [rule.rule_id, column, rule.name, rule.description, encodeJson(criteria.map(criterionJson))]).catch(unwritable('record'))
  return json(201, ruleJson(rule, criteria))
}

/** PUT /reconciliation/matching-rules/:id. Core answers a new `updated_at` and stores the old one. */
export const updateRule: Handler = async (ledger, request) => {
  const sent = bindBody(request, ruleRequest)
  const { db, schema, clock } = ledger
  const id = request.params['id'] as string
  const { rows: [found] } = await db.query<{ created_at: string }>(`SELECT created_at FROM ${schema}.matching_rules WHERE rule_id = $1`, [id])
  if (found === undefined) throw unknownRule(id, {})
  const criteria = checkedCriteria(sent)
  const { rowCount } = await db.query(`UPDATE ${schema}.matching_rules SET name = $2, description = $3, criteria = $4 WHERE rule_id = $1`,
    [id, sent.name, sent.description, encodeJson(criteria.map(criterionJson))]).catch(unwritable('update'))
  if (rowCount === 0) throw unknownRule(id)
  return json(200, ruleJson({ rule_id: id, created_at: timestampJson(found.created_at), updated_at: clock.now().json, name: sent.name, description: sent.description }, criteria))
}

/** DELETE /reconciliation/matching-rules/:id */
export const deleteRule: Handler = async ({ db, schema }, { params }) => {
  const id = params['id'] as string
  const { rowCount } = await db.query(`DELETE FROM ${schema}.matching_rules WHERE rule_id = $1`, [id])
  if (rowCount === 0) throw unknownRule(id)
  return json(200, { message: 'Matching rule deleted successfully' })
}

export interface Rule { readonly criteria: readonly Criterion[] }

/** The rules of a run in the order asked for; undefined where one of them is unknown. */
export async function findRules (tx: Queryable, schema: string, ids: readonly string[]): Promise<readonly Rule[] | undefined> {
  const { rows } = await tx.query<{ rule_id: string, criteria: string }>(`SELECT rule_id, criteria FROM ${schema}.matching_rules WHERE rule_id = ANY ($1)`, [ids])
  const known = new Map(rows.map((row) => [row.rule_id, row.criteria]))
  if (!ids.every((id) => known.has(id))) return undefined
  return ids.map((id) => ({ criteria: (JSON.parse(known.get(id) as string) as Array<Omit<Criterion, 'allowable_drift'> & { allowable_drift: number }>).map((each) => ({ ...each, allowable_drift: String(each.allowable_drift) })) }))
}
