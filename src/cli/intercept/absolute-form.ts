import http, { type ClientRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import https from 'node:https'
import { pipeline } from 'node:stream'

/** Ends at the proxy (RFC 9110 7.6.1, 11.7.2); the rest is the server's. */
const OF_THE_PROXY = new Set(['proxy-authorization', 'proxy-connection', 'connection', 'keep-alive'])

/** Where a request goes: the origin of a gateway in place of the Cloud, or by another proxy, or neither. */
export interface Way { readonly gateway?: URL, readonly upstream?: URL }

/**
 * Serves `GET https://host/path` in place of a CONNECT. It is no way to reach https by a proxy, but older axios (1.7.9
 * for one) takes it wherever HTTPS_PROXY is set, so without it such a program would reach nothing at all any more.
 */
export function serveAbsoluteForm (request: IncomingMessage, response: ServerResponse, way: Way): void {
  const outgoing = send(request, way)
  const fail = (): void => { response.headersSent ? response.destroy() : response.writeHead(502, 'Bad Gateway', { Connection: 'close' }).end() }
  outgoing.once('response', (answer) => {
    try {
      response.writeHead(answer.statusCode ?? 502, answer.statusMessage, answer.rawHeaders)
    } catch {
      // Node reads a status such as 099, and a reason with a control character, and writes neither.
      answer.destroy()
      return fail()
    }
    pipeline(answer, response, () => {})
  })
  // Nobody asked for another protocol: what asks for one ends here.
  outgoing.once('upgrade', (_answer, socket) => {
    socket.destroy()
    fail()
  })
  // The first is an error of the connection, the second the end of a caller who went.
  outgoing.once('error', fail)
  response.once('close', () => { outgoing.destroy() })
  pipeline(request, outgoing, () => {})
}

function send (request: IncomingMessage, { gateway, upstream }: Way): ClientRequest {
  const target = new URL(request.url ?? '')
  const headers = headersOf(request)
  const path = target.pathname + target.search
  const { method } = request
  if (gateway !== undefined) return http.request({ host: gateway.hostname, port: gateway.port, path, method, headers, agent: false })
  if (upstream === undefined) return https.request({ host: target.hostname, port: target.port || 443, path, method, headers, agent: false })
  if (upstream.username !== '') headers.push('Proxy-Authorization', `Basic ${Buffer.from(`${decodeURIComponent(upstream.username)}:${decodeURIComponent(upstream.password)}`).toString('base64')}`)
  const { request: by } = upstream.protocol === 'https:' ? https : http
  return by({ host: upstream.hostname, port: upstream.port || (upstream.protocol === 'https:' ? 443 : 80), path: request.url, method, headers, agent: false })
}

/** Names and values in turn, as they came. */
function headersOf ({ rawHeaders }: IncomingMessage): string[] {
  return rawHeaders.flatMap((name, i) => i % 2 === 1 || OF_THE_PROXY.has(name.toLowerCase()) ? [] : [name, rawHeaders[i + 1] ?? ''])
}
