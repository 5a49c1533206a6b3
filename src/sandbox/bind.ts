import type { CoreRequest } from './call.js'
import { CoreError } from './errors.js'
import { bindJson } from './json/bind.js'
import type { GoType } from './json/bind.js'
import { BindError } from '../lib/json/text.js'

/**
 * A request's body as Core's handlers bind it.
 * @param refusal how a route words a body that does not fit; by default 400 GEN_MALFORMED_REQUEST with Go's text under `error`
 */
export function bindBody<T> (request: CoreRequest, type: GoType<T>, refusal: (text: string) => CoreError = malformed): T {
  try {
    return bindJson(request, type)
  } catch (error) {
    if (error instanceof BindError) throw refusal(error.message)
    throw error
  }
}

const malformed = (text: string): CoreError => new CoreError(400, 'GEN_MALFORMED_REQUEST', text)

/** Endpoints that answer under `errors`. */
export const malformedUnderErrors = (text: string): CoreError => new CoreError(400, 'GEN_MALFORMED_REQUEST', text, { key: 'errors' })

/** gin's MustBind routes: it writes the status and the type before the handler writes the body (spec/09 1, Content-Type). */
export const malformedAsText = (text: string): CoreError => new CoreError(400, 'GEN_MALFORMED_REQUEST', text, { contentType: 'text/plain; charset=utf-8' })
