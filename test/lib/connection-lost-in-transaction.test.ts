import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { DatabaseGone, openDatabase } from '../../src/lib/postgres.js'
import { LET_IN, message, READY } from '../support/postgres-messages.js'

const done = (tag: string): Buffer => Buffer.concat([message('C', Buffer.from(`${tag}\0`)), READY])

/** Takes anybody in and completes BEGIN; any other statement closes the connection. */
function serve (socket: Socket): void {
  socket.on('error', () => {})
  socket.once('data', () => {
    socket.write(LET_IN)
    socket.on('data', (query: Buffer) => {
      if (query.includes('BEGIN')) socket.write(done('BEGIN'))
      else socket.destroy()
    })
  })
}

test.each(['with a statement running', 'between two statements'])('a connection that is lost in a transaction, %s, fails it and nothing else', async (when) => {
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    sockets.push(socket)
    serve(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  let heard = (): void => {}
  const lost = new Promise<void>((resolve) => { heard = resolve })
  const db = openDatabase({ url: `postgres://u@127.0.0.1:${(server.address() as AddressInfo).port}/d` }, 1, () => { heard() })
  await expect(db.transaction(async (tx) => {
    if (when === 'between two statements') {
      sockets[0]?.destroy()
      await lost
    }
    await tx.query('SELECT 1')
  })).rejects.toBeInstanceOf(DatabaseGone)
  // Unheard, it would have ended the process.
  await lost
  await db.close()
  server.close()
})
