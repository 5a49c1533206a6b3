import fc from 'fast-check'
import { expect, test } from 'vitest'
import { listDigest, writeCursor } from '../../src/data/cursor.js'
import { detailOf, filterOf, listOf, RESOURCES } from '../../src/data/handlers.js'
import type { Resource } from '../../src/data/resources.js'
import { createSource } from '../../src/data/source.js'
import { SORT_VALUE, KEY_VALUE } from '../../src/data/statements.js'
import { GatewayError } from '../../src/errors.js'
import type { Handler } from '../../src/gateway/row.js'
import { FILTER_TABLES } from '../../src/lib/filter/tables.js'
import { MARK, NAUGHTY, TAKEN } from '../support/naughty.js'

const seed = Date.now() & 0xffffffff
const ALL: readonly Resource[] = Object.values(RESOURCES)
const ROW = { [SORT_VALUE]: '2024-01-01 00:00:00', [KEY_VALUE]: '1', total: '20000', 'QUERY PLAN': '[{"Plan": {"Plan Rows": 20000}}]', group: '', count: '1' }

interface Wanted { readonly handler: Handler, readonly path: string, readonly body?: string, readonly id?: string }

/** What a handler sends to its database, as `Run` is given it: one that always has more rows, so that each statement is sent. */
async function statementsOf ({ handler, path, body, id }: Wanted): Promise<string[]> {
  const texts: string[] = []
  const source = createSource(async (text) => {
    texts.push(text)
    if (text.includes('information_schema')) return ALL.flatMap(({ table, columns }) => Object.keys(columns).map((column) => ({ table, column }))) as never
    return [ROW, ROW] as never
  }, 'sandbox_1')
  const rooms = { config: { strictFilters: false }, instances: { find: () => ({ instance: {} }) }, opened: { sources: { of: () => source } } }
  const reply: Record<string, unknown> = { request: { headers: {} }, getHeader: () => undefined, send: async () => {}, raw: {} }
  for (const name of ['header', 'headers', 'type']) reply[name] = () => reply
  const request = { raw: { url: path }, headers: {}, params: { id }, ...(body === undefined ? {} : { body: Buffer.from(body) }) }
  try {
    await handler(request as never, reply as never, { rooms, instanceId: 'inst_1' } as never)
  } catch (error) {
    if (!(error instanceof GatewayError) || ![400, 404].includes(error.status)) throw error
  }
  return texts.filter((text) => !text.includes('information_schema'))
}

const list = (resource: Resource, parameters: Readonly<Record<string, string>>): Wanted => ({ handler: listOf(resource), path: `/?${new URLSearchParams({ pageSize: '1', ...parameters }).toString()}` })
const filtering = (resource: Resource, body: object, query: object = {}): Wanted => ({ handler: filterOf(resource), path: `/?${new URLSearchParams({ pageSize: '1', ...query }).toString()}`, body: JSON.stringify(body) })

/** One of each type that a value can be taken for. */
const HARMLESS = ['a', '1', 'true', '2024-01-01', '{}', '1,1', '1|1', 'a|a', '2024-01-01|2024-01-01']
const OPERATORS = ['eq', 'ne', 'gt', 'gte', 'lt', 'lte', 'in', 'between', 'like', 'ilike', 'isnull', 'isnotnull', 'exists', 'notexists']

const asked = (resource: Resource, { field, operator, inBody }: { field: string, operator: string, inBody: boolean }, value: string): Wanted => inBody
  ? filtering(resource, { filters: [{ field, operator, value, values: [value, value] }] })
  : list(resource, { [`${field}_${operator}`]: value })

const known = new Map<string, Promise<Set<string>>>()
/** All that is sent for what these make, by what they are; an empty text stands for a refusal. */
async function learned (key: string, wanted: () => Wanted[]): Promise<Set<string>> {
  const learn = async (): Promise<Set<string>> => new Set(['', ...(await Promise.all(wanted().map(statementsOf))).flat()])
  const found = known.get(key) ?? learn()
  known.set(key, found)
  return await found
}

const hostile = fc.oneof(
  fc.constantFrom(...NAUGHTY, ...TAKEN),
  fc.tuple(fc.string({ unit: 'binary', maxLength: 20 }), fc.string({ maxLength: 20 })).map(([before, behind]) => before + MARK + behind),
  fc.array(fc.constantFrom('\'', '"', '$', '1', '\\', ';', '--', '/*', '*/', ')', '(', ' OR ', '\0', '\ud800', ',', '|', '{', '}', '%', ':', MARK), { minLength: 1, maxLength: 12 }).map((all) => all.join(''))
)
const where = fc.record({ resource: fc.constantFrom(...ALL), operator: fc.constantFrom(...OPERATORS), inBody: fc.boolean(), column: fc.nat(), path: fc.boolean() }).map(({ resource, column, path, ...rest }) => {
  const fields = Object.keys(FILTER_TABLES[resource.table])
  return { ...rest, resource, field: path && fields.includes('meta_data') ? 'meta_data.a.b' : fields[column % fields.length] as string }
})

function expectNothingNew (texts: readonly string[], of: ReadonlySet<string>): void {
  for (const text of texts) {
    if (of.has(text) && !text.includes(MARK)) continue
    throw new Error(`a statement of its own: ${text.slice(0, 2000)}`)
  }
}

test('the text of a statement is that for a harmless value, whatever the value', async () => {
  console.log(`statement texts for hostile values: seed ${seed}`)
  await fc.assert(fc.asyncProperty(where, hostile, async ({ resource, ...filter }, value) => {
    const texts = await learned(JSON.stringify([resource.name, filter]), () => HARMLESS.map((one) => asked(resource, filter, one)))
    expectNothingNew(await statementsOf(asked(resource, filter, value)), texts)
  }), { seed, numRuns: 1000 })
  expect(known.size).toBeGreaterThan(100)
})

test('names, paths, order, pages and cursors choose among a finite set of statements', async () => {
  console.log(`statement texts for hostile names: seed ${seed}`)
  const orders = (resource: Resource): Array<Record<string, string>> => Object.keys(resource.columns).flatMap((by) => ['asc', 'desc'].map((direction) => ({ order_by: by, order_dir: direction })))
  const begun = (resource: Resource, order: Record<string, string>, value: string | null): string => writeCursor({ place: { value, key: '1' }, total: { total: '1', isEstimate: false } }, digest(resource, order))
  const digest = (resource: Resource, order: Record<string, string>): string => listDigest(['inst_1', resource.name, { filters: [], logicalOperator: 'and' }, { by: order['order_by'] ?? resource.sort, direction: order['order_dir'] ?? 'desc' }])
  const every = (resource: Resource): Wanted[] => [
    ...orders(resource).flatMap((order) => [{}, { page: '2' }, { page: '99999999' }, { cursor: '' }, { cursor: begun(resource, order, 'a') }, { cursor: begun(resource, order, null) }].map((paging) => list(resource, { ...order, ...paging }))),
    filtering(resource, { filters: [] }, { stats: 'true' }), filtering(resource, { filters: [] }, { strict_total: 'true' }),
    ...['eq', 'like', 'isnull'].map((operator) => list(resource, { [`meta_data.a_${operator}`]: 'a' })),
    ...['eq', 'like', 'isnull'].map((operator) => filtering(resource, { filters: [{ field: 'meta_data.a', operator, value: 'a' }] })),
    { handler: detailOf(resource), path: '/', id: 'a' }
  ]
  await fc.assert(fc.asyncProperty(fc.constantFrom(...ALL), hostile, fc.constantFrom('eq', 'like', 'isnull'), async (resource, text, operator) => {
    // A field's own name is a filter as any other: see above.
    fc.pre(!Object.hasOwn(FILTER_TABLES[resource.table], text))
    const texts = await learned(resource.name, () => every(resource))
    const [order] = orders(resource)
    const wanted = [
      list(resource, { [text]: 'a' }), list(resource, { [`${text}_eq`]: 'a' }), list(resource, { [`meta_data.${text}_${operator}`]: 'a' }), list(resource, { [`amount_${text}`]: 'a' }),
      ...['page', 'pageSize', 'order_by', 'order_dir', 'sort', 'order', 'limit', 'per_page', 'cursor', 'logical_operator'].map((name) => list(resource, { [name]: text })),
      list(resource, { ...order, cursor: begun(resource, order ?? {}, text) }),
      list(resource, { cursor: writeCursor({ place: { value: 'a', key: text }, total: { total: text, isEstimate: false } }, digest(resource, {})) }),
      filtering(resource, { filters: [{ field: text, operator, value: 'a' }] }), filtering(resource, { filters: [{ field: `meta_data.${text}`, operator, value: 'a' }] }), filtering(resource, { filters: [{ field: resource.id, operator: text, value: 'a' }] }),
      filtering(resource, { filters: [], [text]: 1, sort_by: text, sort_order: text }, { stats: text, strict_total: text }), filtering(resource, { filters: [], logical_operator: text }),
      { handler: detailOf(resource), path: '/', id: text }
    ]
    for (const one of wanted) expectNothingNew(await statementsOf(one), texts)
  }), { seed, numRuns: 60 })
})
