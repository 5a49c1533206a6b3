import { GatewayError } from '../errors.js'

/** Raised before anything of the request was written. */
const NOT_CONNECTED = new Set([
  'ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN', 'EADDRNOTAVAIL', 'EMFILE',
  'UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_DESTROYED', 'UND_ERR_CLOSED'
])

/** Its answer broke HTTP, or a limit of ours on the size of a head. */
const BROKEN = new Set(['UND_ERR_HEADERS_OVERFLOW', 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'ERR_INVALID_CHAR', 'ERR_HTTP_INVALID_STATUS_CODE', 'TOO_MANY_INFORMATIONAL', 'UNKNOWN_TRANSFER_CODING'])

/**
 * What a caller is told when Core gave no answer. The cause stays in the log: it names hosts.
 * @param connected whether the request was handed to a connection, so that Core may have carried it out
 * @param reference the one that was made, by which the caller can look
 */
export function coreError (cause: Error & { code?: string }, connected: boolean, reference: string | undefined): GatewayError {
  // The caller's own doing.
  if (cause instanceof GatewayError) return cause
  const headers = reference === undefined ? {} : { 'X-Blnk-Reference': reference }
  const code = cause.code ?? ''
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT') return new GatewayError('CORE_TIMEOUT', { cause, headers })
  if (!connected || NOT_CONNECTED.has(code)) return new GatewayError('CORE_UNREACHABLE', { cause, headers })
  if (code.startsWith('HPE_') || BROKEN.has(code)) return new GatewayError('CORE_BROKEN_ANSWER', { cause, headers })
  return new GatewayError('CORE_BROKEN_ANSWER', {
    message: 'The Core of this instance closed the connection before it answered; the request may have been carried out: look before you send it again',
    cause,
    headers
  })
}
