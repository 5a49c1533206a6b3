// The servers that bench/proxy.mjs compares, one a process: `node bench/servers.mjs KIND [core's URL]`.
// Each sends { url, path, headers } when it listens, and { cpu } in microseconds when asked.
import http from 'node:http'
import { Pool } from 'undici'

const [kind, core] = process.argv.slice(2)
const listen = (server) => new Promise((resolve) => { server.listen(0, '127.0.0.1', () => { resolve(`http://127.0.0.1:${server.address().port}`) }) })

function passThrough (to) {
  const pool = new Pool(to, { connections: 256 })
  return (request, response) => {
    const headers = []
    const raw = request.rawHeaders
    for (let i = 0; i < raw.length; i += 2) if (!/^(host|connection|content-length|transfer-encoding)$/i.test(raw[i])) headers.push(raw[i], raw[i + 1])
    if (request.headers['content-length'] !== undefined) headers.push('Content-Length', request.headers['content-length'])
    const body = request.method === 'GET' ? null : request
    pool.dispatch({ path: request.url, method: request.method, headers, body }, {
      onConnect () {},
      onHeaders (status, answered) {
        const texts = answered.map(String)
        const kept = []
        for (let i = 0; i < texts.length; i += 2) if (!/^(connection|keep-alive|transfer-encoding)$/i.test(texts[i])) kept.push(texts[i], texts[i + 1])
        response.sendDate = false
        response.writeHead(status, kept)
        return true
      },
      onData (chunk) { return response.write(chunk) || true },
      onComplete () { response.end() },
      onError () { response.destroy() }
    })
  }
}

const starts = {
  /** Answers like a Core: a balance of 400 bytes, with the headers that Core sends. */
  async core () {
    const body = JSON.stringify({ balance: 0, balance_id: 'bln_0be360ca-86fe-457d-be43-daa3f966d8f0', currency: 'USD', created_at: '2024-02-20T05:28:03.123456Z', meta_data: { note: 'x'.repeat(260) } })
    const headers = {
      'Content-Type': 'application/json; charset=utf-8',
      'X-Content-Type-Options': 'nosniff',
      'X-Frame-Options': 'DENY',
      'Referrer-Policy': 'strict-origin-when-cross-origin',
      'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
      'Cache-Control': 'no-store',
      'Content-Length': Buffer.byteLength(body)
    }
    const server = http.createServer((request, response) => {
      request.resume().on('end', () => { response.writeHead(request.method === 'POST' ? 201 : 200, headers).end(body) })
    })
    return { url: await listen(server) }
  },

  /** The least a proxy can do: nothing is checked, filled, routed or left out but what would break the connection. */
  async bare () {
    const pass = passThrough(core)
    return { url: await listen(http.createServer(pass)) }
  },

  /** The same behind a Fastify with one route, which does nothing. */
  async fastify () {
    const { default: Fastify } = await import('fastify')
    const pass = passThrough(core)
    const app = Fastify()
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', (_request, _payload, done) => { done(null) })
    app.all('/*', (request, reply) => {
      reply.hijack()
      pass(request.raw, reply.raw)
    })
    return { url: await app.listen({ host: '127.0.0.1', port: 0 }) }
  },

  /** With its defaults: no credential, no scope, no fill. */
  async 'http-proxy' () {
    const { default: Fastify } = await import('fastify')
    const { default: httpProxy } = await import('@fastify/http-proxy')
    const app = Fastify()
    await app.register(httpProxy, { upstream: core })
    return { url: await app.listen({ host: '127.0.0.1', port: 0 }) }
  },

  /** With its defaults, on one route. */
  async 'reply-from' () {
    const { default: Fastify } = await import('fastify')
    const { default: replyFrom } = await import('@fastify/reply-from')
    const app = Fastify()
    await app.register(replyFrom, { base: core })
    app.all('/*', (request, reply) => { reply.from(request.raw.url) })
    return { url: await app.listen({ host: '127.0.0.1', port: 0 }) }
  },

  /** With the agent that keeps connections: without one it opens one a request. */
  async express () {
    const { default: express } = await import('express')
    const { createProxyMiddleware } = await import('http-proxy-middleware')
    const app = express()
    app.use(createProxyMiddleware({ target: core, agent: new http.Agent({ keepAlive: true, maxSockets: 256 }) }))
    return { url: await listen(http.createServer(app)) }
  }
}

process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send({ cpu: user + system, memory: process.memoryUsage().rss })
})
process.on('disconnect', () => { process.exit(0) })
process.send(await starts[kind]())
