import { createServer as createHttp, type Server, type ServerResponse } from 'node:http'
import { randomUUID } from 'node:crypto'
import type { Account } from './objects.js'

const LISTS: Readonly<Record<string, { readonly member: keyof Account, readonly noun: string }>> = {
  '/v1/customers': { member: 'customers', noun: 'customer' },
  '/v1/payment_intents': { member: 'payment_intents', noun: 'payment_intent' },
  '/v1/payouts': { member: 'payouts', noun: 'payout' }
}

interface StripeError { readonly type: 'invalid_request_error', readonly code?: string, readonly param?: string, readonly message: string }

const refusal = (message: string, rest: Partial<StripeError> = {}): { error: StripeError } => ({ error: { type: 'invalid_request_error', message, ...rest } })

type Answer = readonly [status: number, body: object]

const STANDARD_LIMIT = 10
const LARGEST_LIMIT = 100

/** @returns a limit, or why it is none */
function limitOf (text: string | null): number | string {
  if (text === null) return STANDARD_LIMIT
  if (!/^-?\d+$/.test(text)) return `Invalid integer: ${text}`
  const limit = Number(text)
  if (limit > LARGEST_LIMIT) return `This value must be less than or equal to ${LARGEST_LIMIT} (it currently is '${text}').`
  return limit < 1 ? 'This value must be greater than or equal to 1.' : limit
}

/** A list as Stripe pages it: https://docs.stripe.com/api/pagination */
function listed (account: Account, url: URL): Answer {
  const list = LISTS[url.pathname]
  if (list === undefined) return [404, refusal(`Unrecognized request URL (GET: ${url.pathname}).`)]
  for (const name of url.searchParams.keys()) {
    if (!['limit', 'starting_after'].includes(name)) return [400, refusal(`Received unknown parameter: ${name}`, { code: 'parameter_unknown', param: name })]
  }
  const limit = limitOf(url.searchParams.get('limit'))
  if (typeof limit === 'string') return [400, refusal(limit, { code: 'parameter_invalid_integer', param: 'limit' })]
  const all: ReadonlyArray<{ readonly id: string }> = account[list.member]
  const after = url.searchParams.get('starting_after')
  const from = after === null ? 0 : all.findIndex(({ id }) => id === after) + 1
  if (after !== null && from === 0) return [400, refusal(`No such ${list.noun}: '${after}'`, { code: 'resource_missing', param: 'starting_after' })]
  return [200, { object: 'list', data: all.slice(from, from + limit), has_more: from + limit < all.length, url: url.pathname }]
}

function answer (account: Account, { method = '', url = '/', authorization = '' }: { method?: string | undefined, url?: string | undefined, authorization?: string | undefined }): Answer {
  if (!/^Bearer (sk|rk)_test_\w+$/.test(authorization)) return [401, refusal(authorization === '' ? 'You did not provide an API key.' : 'Invalid API Key provided.')]
  if (method !== 'GET') return [404, refusal(`Unrecognized request URL (${method}: ${url}).`)]
  return listed(account, new URL(url, 'http://localhost'))
}

function send (reply: ServerResponse, [status, body]: Answer): void {
  reply.writeHead(status, { 'Content-Type': 'application/json', 'Request-Id': `req_${randomUUID().replaceAll('-', '').slice(0, 14)}` }).end(JSON.stringify(body))
}

/** Three lists of Stripe's, for keys of test mode, and nothing else of it. */
export const createStandIn = (account: Account): Server => createHttp((request, reply) => {
  send(reply, answer(account, { method: request.method, url: request.url, authorization: request.headers.authorization }))
})
