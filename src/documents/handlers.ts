import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { isLoopback } from '../config.js'
import type { Handler } from '../gateway/row.js'
import { describe, type OpenApi } from './openapi.js'
import { ownUrl } from './own-url.js'

/** The files that the build has put beside the compiled ones. */
const built = (name: string): Buffer => readFileSync(new URL(`../../documents/${name}`, import.meta.url))

function once <T> (make: () => T): () => T {
  let made: { value: T } | undefined
  return () => (made ??= { value: make() }).value
}

interface Text { readonly bytes: Buffer | string, readonly type: string }

/** Kept by caches, and asked for again each time. */
function sendText (request: FastifyRequest, reply: FastifyReply, { bytes, type }: Text): FastifyReply {
  const tag = `"${createHash('sha256').update(bytes).digest('base64url')}"`
  reply.headers({ ETag: tag, 'Cache-Control': 'no-cache', 'X-Content-Type-Options': 'nosniff', 'Referrer-Policy': 'no-referrer' })
  // RFC 9110 13.1.2
  const known = request.headers['if-none-match']?.split(',').map((each) => each.trim().replace(/^W\//, '')) ?? []
  return known.includes(tag) || known.includes('*') ? reply.code(304).send() : reply.type(type).send(bytes)
}

const source = once(() => JSON.parse(built('openapi.json').toString()) as OpenApi)

/** openapi.yaml as this gateway is. */
export const showOpenApi: Handler = (request, reply, { rooms: { config, instances, isOpen } }) => {
  const url = ownUrl(request)
  const sandboxes = isOpen ? instances.all().map(({ instance }) => instance).filter(({ kind }) => kind === 'sandbox') : []
  const [first] = sandboxes.sort((a, b) => a.createdAt < b.createdAt ? -1 : 1)
  const document = describe(source(), {
    url: url ?? '/',
    instanceId: url === undefined ? undefined : config.instanceId ?? first?.instanceId,
    hasAdmin: config.adminPort === undefined && isLoopback(config.host)
  })
  return sendText(request, reply, { bytes: JSON.stringify(document), type: 'application/json; charset=utf-8' })
}

// Redoc 2.5.4 writes its styles into an empty element, and those of its scroll bar into another: their hashes. Its search works in a blob.
const POLICY = [
  "default-src 'none'", "script-src 'self'", "style-src 'self' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=' 'sha256-QMIg+bpjm3JdElJ388KYke01izlUW0UoNOeKjpMxdgc='", "img-src 'self' data:", "connect-src 'self'",
  'worker-src blob:', "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"
].join('; ')

const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>blnk-gateway: the API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/page.css">
<body>
<noscript>This page needs JavaScript; <a href="openapi.json">openapi.json</a> has the same.</noscript>
<div id="api"></div>
<script src="docs/redoc.js"></script>
<script src="docs/page.js"></script>
</body>
</html>
`

const STYLE = 'body { margin: 0 }\n'

const SCRIPT = `const fontFamily = 'system-ui, sans-serif'
const theme = { typography: { fontFamily, headings: { fontFamily }, code: { fontFamily: 'ui-monospace, monospace' } } }
Redoc.init('openapi.json', { theme, sortTagsAlphabetically: false, hideDownloadButton: false }, document.getElementById('api'))
`

/** The page that shows the former. */
export const showPage: Handler = (request, reply) => {
  reply.header('Content-Security-Policy', POLICY)
  return sendText(request, reply, { bytes: PAGE, type: 'text/html; charset=utf-8' })
}

export const showStyle: Handler = (request, reply) => sendText(request, reply, { bytes: STYLE, type: 'text/css; charset=utf-8' })

export const showScript: Handler = (request, reply) => sendText(request, reply, { bytes: SCRIPT, type: 'text/javascript; charset=utf-8' })

const redoc = once(() => built('redoc.js'))

export const showRedoc: Handler = (request, reply) => sendText(request, reply, { bytes: redoc(), type: 'text/javascript; charset=utf-8' })
