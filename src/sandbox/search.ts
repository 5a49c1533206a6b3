import { bindBody, malformedAsText } from './bind.js'
import type { Handler, Row } from './call.js'
import { CoreError } from './errors.js'
import { field, struct } from './json/bind.js'
import { text } from './json/go-types.js'

const searchRequest = struct('api.SearchCollectionParams', { q: field(text), query_by: field(text) })
const multiSearchRequest = struct('api.MultiSearchSearchesParameter', {})

/** What a Core without a search engine answers (recording unknown-routes-and-methods, steps 10 and 11). */
const noEngine = (method: 'Get' | 'Post', url: string): CoreError => new CoreError(400, 'SRCH_QUERY_INVALID', `${method} "${url}": unsupported protocol scheme ""`)

const search: Handler = async (_ledger, request) => {
  const { q, query_by: queryBy } = bindBody(request, searchRequest, malformedAsText)
  const query = `q=${escapeQuery(q)}&query_by=${escapeQuery(queryBy)}`
  throw noEngine('Get', `/collections/${encodeURIComponent(request.params['collection'] as string)}/documents/search?${query}`)
}

const multiSearch: Handler = async (_ledger, request) => {
  bindBody(request, multiSearchRequest, malformedAsText)
  throw noEngine('Post', '/multi_search')
}

/** Go's url.QueryEscape. */
const escapeQuery = (value: string): string =>
  encodeURIComponent(value).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`).replaceAll('%20', '+')

export const searchRows: readonly Row[] = [
  { method: 'POST', path: '/search/:collection', handler: search },
  { method: 'POST', path: '/multi-search', handler: multiSearch }
]
