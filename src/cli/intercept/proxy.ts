import { timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage, Server as HttpServer, ServerResponse } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { createServer, type TLSSocket } from 'node:tls'
import { Server } from 'proxy-chain'
import { newSecret } from '../../lib/ids.js'
import type { Certified } from '../../lib/certificates.js'
import { serveAbsoluteForm } from './absolute-form.js'

/** https://docs.blnkfinance.com/cloud: the one address of Blnk Cloud's API. */
export const CLOUD_HOST = 'api.cloud.blnkfinance.com'

export interface ProxyOptions {
  /** The gateway's base URL, plain http. */
  readonly gateway: string
  /** For CLOUD_HOST. */
  readonly leaf: Certified
  /** The proxy that the environment names for another host; undefined: straight there. */
  upstreamFor(host: string, port: number): string | undefined
}

export interface InterceptProxy {
  /** With user and password, for HTTPS_PROXY. */
  readonly url: string
  /** A loopback port that speaks TLS as the Cloud: for programs that were led past the proxy. */
  readonly tlsPort: number
  close(): Promise<void>
}

const USER = 'blnk'

const isCloud = (host: string, port: number): boolean => host.toLowerCase().replace(/\.$/, '') === CLOUD_HOST && port === 443

/** Ends the Cloud's TLS, and carries what is inside to the gateway byte for byte. */
function createTerminator (gateway: URL, { cert, key }: Certified): { readonly server: ReturnType<typeof createServer>, close(): void } {
  const sockets = new Set<Socket | TLSSocket>()
  const keep = (socket: Socket): void => {
    sockets.add(socket)
    socket.once('close', () => { sockets.delete(socket) })
  }
  // The gateway speaks HTTP/1.1 alone.
  const server = createServer({ cert, key, ALPNProtocols: ['http/1.1'] }, (inside) => {
    const outside = connect(Number(gateway.port), gateway.hostname)
    // What one side says, or its end, is the other's; an error of one is told to the other by its end.
    for (const [from, to] of [[inside, outside], [outside, inside]] as const) {
      keep(from)
      from.on('error', () => {}).once('close', () => { to.destroy() }).pipe(to)
    }
  })
  // A client that does not trust the certificate says so itself.
  server.on('tlsClientError', () => {})
  return {
    server,
    close () {
      server.close()
      for (const socket of sockets) socket.destroy()
    }
  }
}

/** A CONNECT proxy on loopback that takes over the Cloud and tunnels every other host. */
export async function startProxy ({ gateway: base, leaf, upstreamFor }: ProxyOptions): Promise<InterceptProxy> {
  const gateway = new URL(base)
  const password = newSecret()
  const expected = Buffer.from(`Basic ${Buffer.from(`${USER}:${password}`).toString('base64')}`)
  // Whoever else has a login on this machine is not to go out by it, nor by the proxy behind it.
  const mayPass = (request: IncomingMessage): boolean => {
    const given = Buffer.from(request.headers['proxy-authorization'] ?? '')
    return given.length === expected.length && timingSafeEqual(given, expected)
  }
  const terminator = createTerminator(gateway, leaf)
  terminator.server.listen(0, '127.0.0.1')
  await once(terminator.server, 'listening')

  class WithAbsoluteForm extends Server {
    override async onRequest (request: IncomingMessage, response: ServerResponse): Promise<void> {
      const target = URL.canParse(request.url ?? '') ? new URL(request.url ?? '') : undefined
      if (target?.protocol !== 'https:' || !mayPass(request)) return await super.onRequest(request, response)
      const port = Number(target.port || 443)
      const upstream = upstreamFor(target.hostname, port)
      serveAbsoluteForm(request, response, isCloud(target.hostname, port) ? { gateway } : upstream === undefined ? {} : { upstream: new URL(upstream) })
    }
  }
  const proxy = new WithAbsoluteForm({
    host: '127.0.0.1',
    port: 0,
    authRealm: 'blnk-gateway exec',
    prepareRequestFunction: ({ request, hostname, port, isHttp }) => {
      if (!mayPass(request)) return { requestAuthentication: true }
      // Its type is narrower than what it does with the server: it hands it the connection.
      if (!isHttp && isCloud(hostname, port)) return { customConnectServer: terminator.server as unknown as HttpServer }
      return { upstreamProxyUrl: upstreamFor(hostname, port) ?? null }
    }
  })
  await proxy.listen()
  return {
    url: `http://${USER}:${password}@127.0.0.1:${proxy.port}`,
    tlsPort: (terminator.server.address() as AddressInfo).port,
    async close () {
      terminator.close()
      await proxy.close(true)
    }
  }
}
