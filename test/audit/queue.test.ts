import { once } from 'node:events'
import { EventEmitter } from 'node:events'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { createQueue, type Queue } from '../../src/audit/queue.js'
import { rowOf, valuesOf, type AuditRow, type AuditValues } from '../../src/audit/row.js'

const entry = (action: string) => ({ at: 0, actor: { kind: 'gateway' }, action, outcome: 'done' }) as const

/** A queue whose database takes rows while `up`. */
function startQueue (most = 3): { queue: Queue, database: { up: boolean }, written: AuditRow[], events: EventEmitter, said: string[] } {
  const written: AuditRow[] = []
  const events = new EventEmitter()
  const database = { up: true }
  const said: string[] = []
  let seq = 0
  const queue = createQueue({
    accept: (given) => JSON.stringify(valuesOf(given, 'writer', ++seq)),
    async write (rows) {
      if (!database.up) throw new Error('gone')
      written.push(...rows.map((row) => rowOf(JSON.parse(row) as AuditValues)))
      events.emit('written')
    },
    most,
    log: pino({ level: 'info' }, { write: (line: string) => { said.push((JSON.parse(line) as { msg: string }).msg) } })
  })
  return { queue, database, written, events, said }
}

test('rows are written together, in order, without anybody asking', async () => {
  const { queue, written, events } = startQueue()
  queue.push(entry('a'))
  queue.push(entry('b'))
  expect(queue.state()).toEqual({ queued: 2, lost: 0 })
  await once(events, 'written')
  expect(written.map(({ seq, action }) => [seq, action])).toEqual([[1, 'a'], [2, 'b']])
})

test('while the database is gone rows wait, and what does not fit is counted and told once it is back', async () => {
  const { queue, database, written, events, said } = startQueue()
  database.up = false
  for (const action of ['a', 'b', 'c', 'd', 'e']) queue.push(entry(action))
  await queue.flush()
  expect(queue.state()).toEqual({ queued: 3, lost: 2 })
  expect(said).toEqual(['the audit log loses rows: 3 wait already (AUDIT_QUEUE)', 'the audit log cannot be written: 3 rows wait, and up to 3 will'])
  database.up = true
  await once(events, 'written')
  await queue.flush()
  expect(written.map(({ seq, action, count }) => [seq, action, count])).toEqual([[1, 'a', 1], [2, 'b', 1], [3, 'c', 1], [4, 'Audit rows lost', 2]])
  expect(queue.state()).toEqual({ queued: 0, lost: 2 })
})

test('an intent is written before it is answered for, and refused while nothing can be written', async () => {
  const { queue, database, written } = startQueue()
  await queue.commit(entry('a'))
  expect(written.map(({ action }) => action)).toEqual(['a'])
  database.up = false
  queue.push(entry('b'))
  await queue.flush()
  await expect(queue.commit(entry('c'))).rejects.toMatchObject({ code: 'AUDIT_UNAVAILABLE', status: 503 })
  await queue.close()
})
