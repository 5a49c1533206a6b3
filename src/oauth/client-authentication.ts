import type { Parameters } from './parameters.js'

/** How a client says which one it is; without a secret it is a public one, or refused. */
export interface ClientCredentials { readonly id: string, readonly secret: string | undefined }

/** RFC 6749 2.3.1: both parts are encoded as in a form before they are joined. */
function formDecoded (text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}

function basic (header: string): ClientCredentials | null {
  const encoded = /^basic +([A-Za-z0-9+/]+=*) *$/i.exec(header)?.[1]
  if (encoded === undefined) return null
  const pair = Buffer.from(encoded, 'base64').toString()
  const colon = pair.indexOf(':')
  if (colon === -1) return null
  const [id, secret] = [pair.slice(0, colon), pair.slice(colon + 1)].map(formDecoded)
  return id === undefined || id === '' || secret === undefined ? null : { id, secret: secret === '' ? undefined : secret }
}

/**
 * The one way in which a client authenticates itself: Basic, or client_id and client_secret in the form (RFC 6749
 * 2.3.1), or client_id alone.
 * @returns a sentence where it is none, or more than one
 */
export function clientCredentials (authorization: string | undefined, { values }: Pick<Parameters, 'values'>): ClientCredentials | string {
  const id = values.get('client_id')
  const secret = values.get('client_secret')
  if (authorization === undefined) return id === undefined ? 'Send client_id and client_secret by HTTP Basic, or in the form' : { id, secret }
  const sent = basic(authorization)
  if (sent === null) return 'The header Authorization is not Basic with client_id:client_secret in base64'
  if (secret !== undefined) return 'Send client_secret once: by HTTP Basic, or in the form'
  return id === undefined || id === sent.id ? sent : 'client_id is another in the form than in the header Authorization'
}
