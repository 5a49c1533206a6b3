import { bindBody, malformedAsText } from '../bind.js'
import type { CoreRequest, Handler, Ledger, Row } from '../call.js'
import { CoreError } from '../errors.js'
import { field, struct, type Bound } from '../json/bind.js'
import type { Encodable } from '../json/encode.js'
import { int, list, pointer, text } from '../json/go-types.js'
import { parseJson, type JsonNode } from '../../lib/json/parse.js'
import { json } from '../reply.js'
import { collectionOf } from './collections.js'
import { SearchError, searchRefusal } from './error.js'
import { showReindex, startReindex } from './reindex.js'
import { runSearch } from './run.js'

const KNOWN = { q: field(text), query_by: field(text), filter_by: field(pointer(text)), sort_by: field(pointer(text)), page: field(pointer(int)), per_page: field(pointer(int)) }
const searchRequest = struct('api.SearchCollectionParams', KNOWN)
const multiSearchRequest = struct('api.MultiSearchSearchesParameter', { searches: field(list(struct('api.MultiSearchCollectionParameters', { ...KNOWN, collection: field(text) }))) })

type Sent = Bound<typeof searchRequest>

/** What a search engine could do and this one does not is said, so that no result is taken for what it is not. */
function checkKnown (node: JsonNode | undefined, known: readonly string[]): void {
  const unknown = node?.keys.find((key, i) => !known.includes(key.toLowerCase()) && node.items[i]?.kind !== 'null')
  if (unknown !== undefined) throw new SearchError(400, `The sandbox's search takes ${known.slice(0, -1).join(', ')} and ${known.at(-1) ?? ''}, and ${unknown} was sent.`)
}

const parsed = (request: CoreRequest): JsonNode => parseJson(request.body, request.truncated)

const runSent = async (ledger: Ledger, collection: string, sent: Sent): Promise<Encodable> => await runSearch(ledger, collectionOf(collection), {
  q: sent.q,
  queryBy: sent.query_by,
  filterBy: sent.filter_by ?? '',
  sortBy: sent.sort_by ?? '',
  page: sent.page ?? 1n,
  perPage: sent.per_page ?? 10n
})

/** POST /search/:collection */
const search: Handler = async (ledger, request) => {
  const sent = bindBody(request, searchRequest, malformedAsText)
  try {
    checkKnown(parsed(request), Object.keys(KNOWN))
    return json(201, await runSent(ledger, request.params['collection'] as string, sent))
  } catch (error) {
    throw refused(error)
  }
}

function refused (error: unknown): unknown {
  if (error instanceof SearchError) return searchRefusal(error)
  // A number beyond what a column or a page can be.
  return (error as { code?: string }).code?.startsWith('22') === true ? new CoreError(400, 'SRCH_QUERY_INVALID', 'a number in the search is out of range') : error
}

/** POST /multi-search: one that is refused says so in its own result, as Typesense does. */
const multiSearch: Handler = async (ledger, request) => {
  const { searches } = bindBody(request, multiSearchRequest, malformedAsText)
  const nodes = parsed(request)
  const items = nodes.items[nodes.keys.findLastIndex((key) => key.toLowerCase() === 'searches')]?.items ?? []
  const results: Encodable[] = []
  for (const [i, sent] of (searches ?? []).entries()) {
    try {
      checkKnown(items[i], [...Object.keys(KNOWN), 'collection'])
      results.push(await runSent(ledger, sent.collection, sent))
    } catch (error) {
      if (!(error instanceof SearchError)) throw refused(error)
      results.push({ code: error.status, error: error.message })
    }
  }
  return json(200, { results })
}

export const searchRows: readonly Row[] = [
  { method: 'POST', path: '/search/reindex', handler: startReindex },
  { method: 'GET', path: '/search/reindex', handler: showReindex },
  { method: 'POST', path: '/search/:collection', handler: search },
  { method: 'POST', path: '/multi-search', handler: multiSearch }
]
