import { expect, test } from 'vitest'
import { Turns } from '../../src/proxy/turns.js'

const never = new AbortController().signal

test('so many run, so many wait in the order of coming, and the rest is refused at once', async () => {
  const turns = new Turns({ most: 2, mostWaiting: 2, waitMs: 60_000 })
  const order: number[] = []
  expect([turns.tryTake(), turns.tryTake(), turns.tryTake()]).toEqual([true, true, false])
  const waiting = [1, 2].map(async (n) => {
    await turns.wait(never)
    order.push(n)
  })
  await expect(turns.wait(never)).rejects.toMatchObject({ code: 'CORE_BUSY', status: 503, headers: { 'Retry-After': '1' } })
  expect(() => { turns.assertRoom() }).toThrow()
  turns.give()
  await waiting[0]
  expect([order, turns.running, turns.waiting]).toEqual([[1], 2, 1])
  turns.give()
  await waiting[1]
  turns.give()
  turns.give()
  expect([order, turns.running, turns.waiting]).toEqual([[1, 2], 0, 0])
})

test('who waits too long, or leaves, holds nobody up', async () => {
  const turns = new Turns({ most: 1, mostWaiting: 10, waitMs: 1 })
  expect(turns.tryTake()).toBe(true)
  await expect(turns.wait(never)).rejects.toMatchObject({ code: 'CORE_BUSY' })
  const patient = new Turns({ most: 1, mostWaiting: 10, waitMs: 60_000 })
  patient.tryTake()
  const left = new AbortController()
  const gone = patient.wait(left.signal)
  const next = patient.wait(never)
  left.abort()
  await expect(gone).rejects.toMatchObject({ code: 'CORE_BUSY' })
  patient.give()
  await next
  expect([patient.running, patient.waiting]).toEqual([1, 0])
})
