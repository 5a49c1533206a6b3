import type { FastifyInstance } from 'fastify'

/** @returns the URL by which it is reached from this machine */
export async function listenOn (server: FastifyInstance, host: string, port: number): Promise<string> {
  // For localhost Fastify opens a second server, which the hooks on the first do not reach.
  await server.listen({ host: host === 'localhost' ? '127.0.0.1' : host, port, listenTextResolver: (address) => `listening on ${address}` })
  const { port: actual } = server.server.address() as { port: number }
  const shown = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '[::1]' : host.includes(':') ? `[${host}]` : host
  return `${'setSecureContext' in server.server ? 'https' : 'http'}://${shown}:${actual}`
}
