import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { isReachedByHttps, type Config } from '../config.js'
import { GatewayError } from '../errors.js'
import { html, type Html } from './html.js'
import { isLoopbackHost } from './page.js'

const FIELD = 'csrf_token'

/** What the forms of a cookie's holder carry: who does not have the cookie cannot tell it, and it does not tell the cookie. */
export const csrfOf = (cookie: string): string => createHmac('sha256', cookie).update('csrf').digest('base64url')

/** The field that each form of a page holds. */
export const csrfField = ({ csrf }: { readonly csrf: string }): Html => html`<input type="hidden" name="${FIELD}" value="${csrf}">`

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest()

/** The origins that pages of this gateway have, at the address that the browser asked for. */
function ownOrigins ({ headers: { host = '' } }: FastifyRequest, config: Config): string[] {
  const spoken = config.tlsCert !== undefined || config.tls !== 'off' ? 'https' : 'http'
  const asked = config.publicUrl === undefined || isLoopbackHost(host) ? [`${spoken}://${host.toLowerCase()}`] : []
  return [...asked, ...(config.publicUrl === undefined ? [] : [new URL(config.publicUrl).origin])]
}

/** Whether a browser says that this form was on another site's page; every one that is in use says where it was. */
function comesFromElsewhere (request: FastifyRequest, config: Config): boolean {
  const { origin, 'sec-fetch-site': site } = request.headers
  if (site !== undefined && site !== 'same-origin') return true
  return origin === undefined ? site === undefined : !ownOrigins(request, config).includes(origin)
}

/**
 * For every form that changes something: it was on a page that this session was shown, and the browser says that the
 * page was ours.
 * @throws GatewayError FORM_REFUSED
 */
export function checkCsrf (request: FastifyRequest, { csrf }: { readonly csrf: string }): void {
  const config = request.call?.rooms.config as Config
  const given = (request.body as Record<string, unknown> | null | undefined)?.[FIELD]
  if (comesFromElsewhere(request, config)) {
    throw new GatewayError('FORM_REFUSED', { message: `This form was not sent from a page of this gateway${isReachedByHttps(config) ? ' at its PUBLIC_URL' : ''}: a form names its page in the header Origin` })
  }
  if (typeof given !== 'string' || !timingSafeEqual(sha256(given), sha256(csrf))) throw new GatewayError('FORM_REFUSED')
}
