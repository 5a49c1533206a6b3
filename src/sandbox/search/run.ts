import type { Ledger } from '../call.js'
import { RawJson, type Encodable } from '../json/encode.js'
import { parseJson } from '../../lib/json/parse.js'
import { lastMembers } from '../json/metadata.js'
import { fieldOf, type Collection, type NamedField } from './collections.js'
import { documentOf } from './document.js'
import { SearchError } from './error.js'
import { filterSql } from './filter-by.js'
import { sortSql } from './sort-by.js'
import { hasToken, highlighted, tokensOf, Values, wordsSql } from './tokens.js'

/** Typesense's parameters that mean something here; pages count from 1. */
export interface SearchQuery { readonly q: string, readonly queryBy: string, readonly filterBy: string, readonly sortBy: string, readonly page: bigint, readonly perPage: bigint }

const MOST_PER_PAGE = 250n

const EVERYTHING = '*'

function queriedFields (collection: Collection, { q, queryBy }: SearchQuery): NamedField[] {
  const names = queryBy.split(',').map((name) => name.trim()).filter((name) => name !== '')
  if (names.length === 0 && q !== EVERYTHING) throw new SearchError(400, 'No search fields specified for the query.')
  return names.map((name) => {
    const field = fieldOf(collection, name)
    if (field === undefined) throw new SearchError(404, `Could not find a field named \`${name}\` in the schema.`)
    if (field.kind !== 'string' && field.kind !== 'object') throw new SearchError(400, `Field \`${name}\` should be a string or a string array.`)
    return field
  })
}

/** Each word is in one of the fields; the last may be the beginning of one. */
function foundSql (fields: readonly NamedField[], tokens: readonly string[], values: Values): string {
  if (tokens.length === 0) return 'false'
  const words = fields.map((field) => wordsSql(field, values))
  return tokens.map((token, i) => `(${words.map((each) => hasToken(each, token, i === tokens.length - 1, values)).join(' OR ')})`).join(' AND ')
}

function hit (document: RawJson, fields: readonly NamedField[], tokens: readonly string[] | undefined): Encodable {
  if (tokens === undefined) return { document, highlights: [] }
  const members = lastMembers(parseJson(Buffer.from(document.text)))
  const highlights = fields.flatMap(({ name }) => {
    const node = members.get(name)
    const marked = node?.kind === 'string' ? highlighted(node.text, tokens) : undefined
    return marked === undefined ? [] : [{ field: name, matched_tokens: marked.matched, snippet: marked.snippet }]
  })
  return { document, highlights, text_match: tokens.length }
}

/** Runs one search; answers Typesense's result as Core's client writes it. @throws SearchError */
export async function runSearch ({ db, schema }: Ledger, collection: Collection, query: SearchQuery): Promise<Encodable> {
  const begun = Date.now()
  if (query.perPage > MOST_PER_PAGE) throw new SearchError(422, `Only upto ${MOST_PER_PAGE} hits can be fetched per page.`)
  const fields = queriedFields(collection, query)
  const tokens = query.q === EVERYTHING ? undefined : tokensOf(query.q)
  const from = `FROM ${schema}.${collection.table} WHERE ${collection.where}`
  const values = new Values()
  const conditions = [filterSql(collection, query.filterBy, values), ...(tokens === undefined ? [] : [foundSql(fields, tokens, values)])]
  const where = conditions.map((each) => ` AND ${each}`).join('')
  const counted = new Values([...values.list])
  const order = sortSql(collection, query.sortBy, values)
  const count = async (sql: string, list: readonly unknown[]): Promise<RawJson> => new RawJson((await db.query<{ count: string }>(`SELECT count(*) ${sql}`, list)).rows[0]?.count ?? '0')
  const page = query.page < 1n ? 1n : query.page
  const { rows } = await db.query(`SELECT ${collection.columns} ${from}${where} ORDER BY ${order} LIMIT ${values.add(query.perPage)} OFFSET ${values.add((page - 1n) * query.perPage)}`, values.list)
  const all = await count(from, [])
  return {
    facet_counts: [],
    found: where === ' AND true' ? all : await count(from + where, counted.list),
    hits: rows.map((row) => hit(documentOf(collection, row), fields, tokens)),
    out_of: all,
    page,
    request_params: { collection_name: collection.name, per_page: query.perPage, q: query.q },
    search_time_ms: Date.now() - begun
  }
}
