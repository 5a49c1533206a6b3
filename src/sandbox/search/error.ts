import { CoreError } from '../errors.js'

/** What Typesense refuses a search with: its status and sentence. */
export class SearchError extends Error {
  constructor (readonly status: 400 | 404 | 422, sentence: string) { super(sentence) }
}

/** As Core hands it on: the text of its client's error (spec/09 12). */
export const searchRefusal = ({ status, message }: SearchError): CoreError =>
  new CoreError(400, 'SRCH_QUERY_INVALID', `status: ${status} response: ${JSON.stringify({ message }).replace('{"message":', '{"message": ')}`)
