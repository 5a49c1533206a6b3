import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { isLoopback, isReachedByHttps } from '../config.js'
import type { GatewayError } from '../errors.js'
import { html, Html } from './html.js'
import { STYLE } from './style.js'

// https://www.w3.org/TR/CSP3/#framework-directive-source-list
const STYLE_SOURCE = `'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`

const MARK = html`<svg viewBox="0 0 20 20" aria-hidden="true"><path fill="currentColor" d="M3 2h6v16H3zm8 0h6v7h-6zm0 9h6v7h-6z"/></svg>`

/** Where the gateway is reached by https, this name is kept to it for a year. */
const HSTS = 'max-age=31536000'

export interface Page {
  readonly title: string
  readonly body: Html
  /** 200 without it */
  readonly status?: number
  /** Where an answer to this page's forms may redirect to, besides the gateway itself. */
  readonly formTarget?: URL | undefined
}

/**
 * A source of Content-Security-Policy for an address. Chromium holds `form-action` against each redirect that follows a
 * form too (https://github.com/w3c/webappsec-csp/issues/8). A source names no IPv6 address
 * (https://www.w3.org/TR/CSP3/#grammardef-host-part), so that those of http stand for their scheme.
 */
function sourceOf (url: URL): string {
  const isWeb = url.protocol === 'http:' || url.protocol === 'https:'
  return isWeb && !url.hostname.startsWith('[') ? url.origin : url.protocol
}

/** Whether a browser that asks for this host speaks with its own machine. */
export function isLoopbackHost (host: string | undefined): boolean {
  const name = /^(?:\[([^\]]+)\]|([^:]+))(?::\d+)?$/.exec(host ?? '')
  return isLoopback((name?.[1] ?? name?.[2] ?? '').toLowerCase())
}

function headersOf (request: FastifyRequest, { formTarget }: Page): Record<string, string> {
  const config = request.call?.rooms.config
  const isPublicHttps = config !== undefined && config.tls === 'off' && isReachedByHttps(config) && !isLoopbackHost(request.headers.host)
  return {
    'Content-Security-Policy': `default-src 'none'; style-src ${STYLE_SOURCE}; img-src data:; form-action 'self'${formTarget === undefined ? '' : ` ${sourceOf(formTarget)}`}; frame-ancestors 'none'; base-uri 'none'`,
    'X-Frame-Options': 'DENY',
    'X-Content-Type-Options': 'nosniff',
    // Not no-referrer: forms would be sent with `Origin: null` then (https://fetch.spec.whatwg.org/#append-a-request-origin-header).
    'Referrer-Policy': 'same-origin',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
    'Cache-Control': 'no-store',
    // Of a certificate that is made for this machine, or of localhost, every other program there would have to follow.
    ...(isPublicHttps ? { 'Strict-Transport-Security': HSTS } : {})
  }
}

/** Answers with a page of the gateway's looks, and with the headers that keep other pages from it. */
export function page (reply: FastifyReply, content: Page): FastifyReply {
  const { title, body, status = 200 } = content
  const whole = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} - blnk-gateway</title>
<link rel="icon" href="data:,">
<style>${new Html(STYLE)}</style>
</head>
<body>
<p class="brand">${MARK}blnk-gateway</p>
<main>
<h1>${title}</h1>
${body}
</main>
</body>
</html>
`
  return reply.code(status).headers(headersOf(reply.request, content)).type('text/html; charset=utf-8').send(whole.text)
}

/** A refusal, for a person. */
export function refusalPage (reply: FastifyReply, error: GatewayError): void {
  const title = error.status >= 500 ? 'This did not work' : 'This is not possible'
  const body = html`<p>${error.message}.</p>
<p class="soft">${error.code}, request <code>${reply.request.id}</code></p>`
  page(reply.headers(error.headers), { title, body, status: error.status })
}
