import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

export interface Received { readonly headers: IncomingHttpHeaders, readonly body: string, readonly json: { event?: string, data: Record<string, unknown> } & Record<string, unknown> }

/** How the receiver answers one request: a status, a status with a body, or never. */
export type Reply = number | { readonly status: number, readonly body?: string, readonly headers?: Record<string, string> } | 'hang'

/** A real receiver on a free port. `reply` is asked for each request, with what came and how many came before. */
export async function startReceiver (reply: (received: Received, before: number) => Reply = () => 200) {
  const received: Received[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
      const body = Buffer.concat(chunks).toString()
      const one = { headers: request.headers, body, json: JSON.parse(body) as Received['json'] }
      received.push(one)
      const answer = reply(one, received.length - 1)
      if (answer === 'hang') return
      const { status, body: text = '', headers = {} } = typeof answer === 'number' ? { status: answer } : answer
      response.writeHead(status, headers).end(text)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    events: () => received.map(({ json }) => json.event),
    of: (event: string) => received.filter(({ json }) => json.event === event).map(({ json }) => json.data)
  }
}
