import { GatewayError, refuse } from '../errors.js'
import { parseJson, type JsonNode } from '../lib/json/parse.js'
import { BindError } from '../lib/json/text.js'
import { resolveLogicalOperator } from '../lib/filter/operators.js'
import { MAX_BYTES, MAX_FILTERS, MAX_IN_VALUES, type Filter, type FilterSet } from '../lib/filter/query.js'
import type { FilterValue } from '../lib/filter/value.js'

/** What the body of a filter route holds. */
export interface FilterBody {
  readonly filters: FilterSet
  /** As given; undefined where not. */
  readonly sortBy: string | undefined
  readonly sortOrder: string | undefined
  /** Members that mean nothing here. */
  readonly ignored: readonly string[]
}

const invalid = (message: string): never => { throw new GatewayError('FILTER_INVALID', { message: `Invalid filter: ${message}` }) }

/** The members of an object; of one that comes again the last counts, as in JSON.parse. */
function members (node: JsonNode): Map<string, JsonNode> {
  return new Map(node.keys.map((key, i) => [key, node.items[i] as JsonNode]))
}

const isPresent = (node: JsonNode | undefined): node is JsonNode => node !== undefined && node.kind !== 'null'

function textOf (node: JsonNode | undefined, name: string): string | undefined {
  if (!isPresent(node)) return undefined
  return node.kind === 'string' ? node.text : refuse(`${name} must be a text`)
}

/** Numbers keep their digits: they are never read as JavaScript's. */
function valueOf (node: JsonNode, source: Buffer, field: string): FilterValue {
  // A text is as long as it is, however it was escaped, and half of a surrogate pair in it has become U+FFFD.
  const isText = node.kind === 'string'
  const sent = isText ? node.text : source.toString('utf8', node.start, node.end)
  if (Buffer.byteLength(sent) > MAX_BYTES) invalid(`value exceeds maximum length (${MAX_BYTES} chars) (${field})`)
  return { json: isText ? JSON.stringify(sent) : sent, text: node.kind === 'null' ? null : sent }
}

function filterOf (node: JsonNode, source: Buffer, at: number): Filter {
  if (node.kind !== 'object') refuse(`filters.${at} must be an object with field, operator and value or values`)
  const given = members(node)
  const field = textOf(given.get('field'), `filters.${at}.field`) ?? refuse(`filters.${at}.field is required`)
  const operator = textOf(given.get('operator'), `filters.${at}.operator`) ?? refuse(`filters.${at}.operator is required`)
  // A refusal names both.
  if (Math.max(Buffer.byteLength(field), Buffer.byteLength(operator)) > MAX_BYTES) refuse(`filters.${at}: field and operator have at most ${MAX_BYTES} bytes`)
  const value = given.get('value')
  const values = given.get('values')
  if (isPresent(values) && values.kind !== 'array') refuse(`filters.${at}.values must be an array`)
  if (isPresent(values) && values.items.length > MAX_IN_VALUES) invalid(`IN operator exceeds maximum values (${MAX_IN_VALUES}) (${field})`)
  return {
    field,
    operator,
    ...(value === undefined ? {} : { value: valueOf(value, source, field) }),
    ...(isPresent(values) ? { values: values.items.map((one) => valueOf(one, source, field)) } : {})
  }
}

const KNOWN = ['filters', 'logical_operator', 'sort_by', 'sort_order']

function parse (source: Buffer): JsonNode {
  let node: JsonNode | undefined
  try {
    node = parseJson(source)
  } catch (error) {
    if (!(error instanceof BindError)) throw error
  }
  if (node === undefined || source.subarray(node.end).some((byte) => ![0x20, 0x09, 0x0a, 0x0d].includes(byte))) throw new GatewayError('GEN_MALFORMED_REQUEST', { message: 'The body of this request is not JSON: send {"filters":[…]}' })
  return node
}

/**
 * Reads the body of a filter route: `{"filters":[{"field","operator","value"|"values"}]}` (spec/03 3.2), and of Core's own
 * form what has a meaning here: logical_operator, sort_by, sort_order.
 * @throws GatewayError
 */
export function readFilterBody (source: Buffer): FilterBody {
  const node = parse(source)
  if (node.kind !== 'object') refuse('The body must be an object: send {"filters":[…]}')
  const given = members(node)
  const list = given.get('filters')
  if (!isPresent(list)) return refuse('filters is required')
  if (list.kind !== 'array') refuse('filters must be an array')
  if (list.items.length > MAX_FILTERS) invalid(`exceeded maximum number of filters (${MAX_FILTERS})`)
  const logicalOperator = resolveLogicalOperator(textOf(given.get('logical_operator'), 'logical_operator') ?? '')
  return {
    filters: { filters: list.items.map((one, at) => filterOf(one, source, at)), logicalOperator: logicalOperator ?? invalid("invalid logical_operator: must be 'and' or 'or'") },
    sortBy: textOf(given.get('sort_by'), 'sort_by'),
    sortOrder: textOf(given.get('sort_order'), 'sort_order'),
    ignored: [...given.keys()].filter((name) => !KNOWN.includes(name))
  }
}
