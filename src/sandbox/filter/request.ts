import { resolveLogicalOperator } from '../../lib/filter/operators.js'
import { parseFilterQuery, type Filter, type FilterSet } from '../../lib/filter/query.js'
import type { FilterValue } from '../../lib/filter/value.js'
import { bindBody } from '../bind.js'
import type { CoreRequest } from '../call.js'
import { CoreError } from '../errors.js'
import { field, struct, type Bound } from '../json/bind.js'
import { anything, bool, int, list, text, textNamed } from '../json/go-types.js'
import { interfaceText } from '../json/metadata.js'
import { plainDecimal } from '../json/numbers.js'
import type { JsonNode } from '../../lib/json/parse.js'

/** What a list was asked for. */
export interface ListRequest {
  readonly filters: FilterSet
  /** null: all there are. */
  readonly limit: bigint | null
  readonly offset: bigint
  readonly sortBy: string
  readonly sortOrder: string
  readonly includeCount: boolean
}

const queryFilter = struct('filter.QueryFilter', { field: field(text), operator: field(textNamed('filter.Operator')), value: field(anything), values: field(list(anything)) })
const filterRequest = struct('api.FilterRequest', {
  filters: field(list(queryFilter)),
  logical_operator: field(text),
  limit: field(int),
  offset: field(int),
  sort_by: field(text),
  sort_order: field(text),
  include_count: field(bool)
})

const invalid = (message: string): CoreError => new CoreError(400, 'GEN_VALIDATION_ERROR', message)

function bodyValue (node: JsonNode | undefined): FilterValue {
  if (node === undefined) return { text: null, json: 'null' }
  const json = interfaceText(node)
  return { text: node.kind === 'string' ? node.text : node.kind === 'number' ? plainDecimal(json) : json, json }
}

const bodyFilter = ({ field, operator, value, values }: Bound<typeof queryFilter>): Filter => ({
  field, operator, value: bodyValue(value), ...(values === null ? {} : { values: values.map(bodyValue) })
})

/** The body of POST /<list>/filter (spec/09 13): a limit outside 1 to 100 counts as 20, an unknown sort order as `desc`. */
export function readFilterBody (request: CoreRequest): ListRequest {
  const body = bindBody(request, filterRequest, invalid)
  const logicalOperator = resolveLogicalOperator(body.logical_operator)
  if (logicalOperator === undefined) throw invalid("invalid logical_operator: must be 'and' or 'or'")
  return {
    filters: { filters: (body.filters ?? []).map(bodyFilter), logicalOperator },
    limit: body.limit <= 0n || body.limit > 100n ? 20n : body.limit,
    offset: body.offset < 0n ? 0n : body.offset,
    sortBy: body.sort_by,
    sortOrder: body.sort_order,
    includeCount: body.include_count
  }
}

/**
 * The filters in a list's query; an empty set where there are none. GET lists neither sort nor count (spec/09 13).
 * @throws CoreError with every parameter that cannot be read
 */
export function readFilterQuery (query: URLSearchParams, page: { readonly limit: bigint, readonly offset: bigint }): ListRequest {
  const { set, errors } = parseFilterQuery(query, 'core')
  if (errors.length > 0) {
    const value = errors.map(({ Param, Message }) => ({ Param, Message }))
    throw new CoreError(400, 'GEN_VALIDATION_ERROR', 'invalid filter parameters', { key: 'errors', value, details: value })
  }
  return { filters: set, ...page, sortBy: '', sortOrder: '', includeCount: false }
}

/** strconv.Atoi of a query parameter: undefined where it is no whole number of 64 bits. */
export function queryInt (query: URLSearchParams, name: string, fallback: bigint): bigint | undefined {
  const given = query.get(name)
  if (given === null) return fallback
  if (!/^[+-]?\d+$/.test(given)) return undefined
  const value = BigInt(given.replace('+', ''))
  return BigInt.asIntN(64, value) === value ? value : undefined
}
