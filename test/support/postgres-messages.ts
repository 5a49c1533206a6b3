/** A message of a Postgres server: https://www.postgresql.org/docs/18/protocol-message-formats.html */
export function message (type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5)
  head.write(type)
  head.writeInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}

export const READY = message('Z', Buffer.from('I'))
export const LET_IN = Buffer.concat([message('R', Buffer.alloc(4)), READY])
