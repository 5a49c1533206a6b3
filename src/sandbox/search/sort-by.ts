import { fieldOf, type Collection } from './collections.js'
import { SearchError } from './error.js'
import type { Values } from './tokens.js'

const MOST_FIELDS = 3

/** `sort_by` as an ORDER BY of SQL; texts do not sort in Typesense. Whatever is equal stands the newest first. */
export function sortSql (collection: Collection, text: string, values: Values): string {
  const newest = `${collection.order} DESC, id DESC`
  const parts = text.split(',').map((part) => part.trim()).filter((part) => part !== '')
  if (parts.length > MOST_FIELDS) throw new SearchError(422, `Only upto ${MOST_FIELDS} sort_by fields can be specified.`)
  const sorted = parts.flatMap((part) => {
    const [name = '', order] = part.split(':').map((each) => each.trim())
    if (order === undefined) throw new SearchError(400, 'Parameter `sort_by` is malformed.')
    if (!/^(?:asc|desc)$/i.test(order)) throw new SearchError(400, `Order for field\` ${name}\` should be either ASC or DESC.`)
    // All that is found is found alike.
    if (name === '_text_match') return []
    const field = fieldOf(collection, name)
    if (field === undefined || field.kind === 'string' || (field.kind === 'object' && field.path.length === 0)) throw new SearchError(404, `Could not find a field named \`${name}\` in the schema for sorting.`)
    if (field.kind !== 'object') return [`${field.sql} ${order} NULLS LAST`]
    const at = `(${field.sql} #> ${values.add(field.path)}::text[])`
    return [`(CASE WHEN jsonb_typeof(${at}) = 'number' THEN ${at}::float8 END) ${order} NULLS LAST`]
  })
  return [...sorted, newest].join(', ')
}
