import { GatewayError } from '../errors.js'
import type { FilterSet } from '../lib/filter/query.js'
import { parseFilterQuery } from '../lib/filter/query.js'
import { readPositive } from '../lib/query.js'
import { isSortable, type Resource } from './resources.js'
import type { Order } from './statements.js'

/** The most rows of one page (spec/02 2.2, inferred). */
const LARGEST_PAGE = 100

export interface Paging {
  readonly pageSize: number
  readonly page: bigint
  /** Paging by cursor: empty to begin. undefined: by page number. */
  readonly cursor: string | undefined
  readonly order: Order
}

/** What a list was asked for, and the names of what was sent for nothing. */
export interface ListRequest extends Paging {
  readonly filters: FilterSet
  readonly ignored: readonly string[]
}

/** Notes which parameters were used. */
class Parameters {
  readonly #used = new Set<string>()
  constructor (private readonly query: URLSearchParams) {}

  /** The first value of the first of these names that is there and fits. */
  take <T> (names: readonly string[], read: (text: string) => T | undefined): T | undefined {
    for (const name of names) {
      const text = this.query.get(name)
      const value = text === null ? undefined : read(text)
      if (value === undefined) continue
      this.#used.add(name)
      return value
    }
    return undefined
  }

  isUsed (name: string): boolean { return this.#used.has(name) && this.query.getAll(name).length === 1 }
}

/** Of a page size or number that is none, the standard counts, as for Core's limit (spec/02 2.2). */
function paging (parameters: Parameters, resource: Resource): Paging {
  const cursor = parameters.take(['cursor'], (text) => text)
  const pageSize = parameters.take(['pageSize', 'per_page', 'limit'], readPositive) ?? BigInt(resource.pageSize)
  const page = cursor === undefined ? parameters.take(['page'], readPositive) : undefined
  const by = parameters.take(['order_by', 'sort'], (text) => sortField(resource, text))
  const direction = parameters.take(['order_dir', 'order'], sortDirection)
  return {
    pageSize: pageSize > LARGEST_PAGE ? LARGEST_PAGE : Number(pageSize),
    page: page ?? 1n,
    cursor,
    order: { by: by ?? resource.sort, direction: direction ?? 'desc' }
  }
}

/** undefined for what cannot be sorted by: then the standard counts (Core internal/filter, ResolveSortField). */
export function sortField (resource: Resource, text: string): string | undefined {
  const field = text.trim().toLowerCase()
  return isSortable(resource, field) ? field : undefined
}

export function sortDirection (text: string): 'asc' | 'desc' | undefined {
  const direction = text.trim().toLowerCase()
  return direction === 'asc' || direction === 'desc' ? direction : undefined
}

/** Taken by every route that has an instance, or by Cloud's clients out of habit. */
const KNOWN = ['instance_id', 'org_id', 'logical_operator']

/**
 * Reads what a list of the Data API was asked for (spec/02 2.2, 2.3).
 * @throws GatewayError FILTER_INVALID
 */
export function readListQuery (query: URLSearchParams, resource: Resource): ListRequest {
  const { set, errors, passed } = parseFilterQuery(query, 'data')
  const [first] = errors
  if (first !== undefined) {
    const parameters = errors.map(({ Param, Message }) => ({ parameter: Param, message: Message }))
    throw new GatewayError('FILTER_INVALID', { message: `Invalid filter: ${first.Message} (${first.Param})`, details: { parameters } })
  }
  const parameters = new Parameters(query)
  const paged = paging(parameters, resource)
  return { ...paged, filters: set, ignored: passed.filter((name) => !KNOWN.includes(name) && !parameters.isUsed(name)) }
}

/** The same for the Filters API, whose filters are in its body: `more` are names that its query may hold beside. */
export function readFilterPaging (query: URLSearchParams, resource: Resource, more: Readonly<Record<string, RegExp>>): Paging & { readonly ignored: readonly string[], readonly values: ReadonlyMap<string, string> } {
  const parameters = new Parameters(query)
  const values = new Map<string, string>()
  for (const [name, form] of Object.entries(more)) {
    const value = parameters.take([name], (text) => form.test(text) ? text : undefined)
    if (value !== undefined) values.set(name, value)
  }
  const paged = paging(parameters, resource)
  return { ...paged, values, ignored: [...new Set(query.keys())].filter((name) => !['instance_id', 'org_id'].includes(name) && !parameters.isUsed(name)) }
}
