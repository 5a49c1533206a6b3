import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/**
 * Tells the answers that wait behind another one on their connection (RFC 9112 9.3.2) that it is gone. Node tells only the one
 * whose turn it is: the others would be written for ever to nobody, and nothing that ends with `close` would end.
 */
export function closePipelined (server: Server): void {
  const behind = new WeakMap<Socket, Set<ServerResponse>>()
  const of = (socket: Socket): Set<ServerResponse> => {
    const known = behind.get(socket)
    if (known !== undefined) return known
    const responses = new Set<ServerResponse>()
    behind.set(socket, responses)
    socket.once('close', () => {
      for (const response of responses) {
        // Those that have had their turn meanwhile are told by Node.
        if (response.socket !== null || response.destroyed) continue
        response.destroy()
        response.emit('close')
      }
    })
    return responses
  }
  server.prependListener('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    if (response.socket !== null) return
    const responses = of(socket)
    responses.add(response)
    response.once('close', () => { responses.delete(response) })
  })
}

/**
 * Of a caller who sends many requests at once Node stops reading for a while. In TLS what was decrypted by then still comes to a parser
 * that reads by itself, which takes it for broken HTTP: who listens for the bytes has them come through the stream, where they wait.
 */
export function waitInTls (server: Server): void {
  server.on('secureConnection', (socket: Socket) => { socket.on('data', () => {}) })
}
