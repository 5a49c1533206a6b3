import { expect, test } from 'vitest'
import { BodyKeeper } from '../../src/requests/body.js'
import type { RequestEntry } from '../../src/requests/entry.js'
import { followRequests } from '../../src/requests/follow.js'
import { RequestRing } from '../../src/requests/ring.js'

const none = { bytes: 0, text: '', truncated: false, redacted: false, omitted: null }

function entry (ring: RequestRing, characters = 0): RequestEntry {
  return {
    id: ring.nextId(),
    request_id: 'r',
    at: '2026-01-01T00:00:00.000Z',
    ms: 1,
    method: 'GET',
    path: '/',
    query: null,
    row: null,
    status: 200,
    end: 'answered',
    forwarded: false,
    instance_id: null,
    key: null,
    filled: [],
    reference: null,
    refusal: null,
    reason: null,
    address: '::1',
    request: { headers: [], body: none, whole: true },
    response: { headers: [], body: { ...none, text: 'x'.repeat(characters) } }
  }
}

const all = (): boolean => true
const ids = (ring: RequestRing): number[] => ring.list(all, { limit: 1000 }).data.map(({ id }) => Number(id.split('_')[2]))

test('the last five hundred are kept', () => {
  const ring = new RequestRing()
  for (let i = 0; i < 600; i++) ring.add(entry(ring))
  expect([ids(ring).length, ids(ring)[0], ids(ring).at(-1)]).toEqual([500, 600, 101])
  ring.clear()
  expect(ids(ring)).toEqual([])
})

test('fewer where they are large: sixteen million characters in all', () => {
  const ring = new RequestRing()
  for (let i = 0; i < 20; i++) ring.add(entry(ring, 1024 * 1024))
  expect(ids(ring).length).toBe(15)
  ring.add(entry(ring, 20 * 1024 * 1024))
  expect(ids(ring)).toEqual([21])
})

test('a page that begins at one that has left the ring is empty', () => {
  const ring = new RequestRing()
  const first = entry(ring)
  ring.add(first)
  for (let i = 0; i < 500; i++) ring.add(entry(ring))
  expect(ring.list(all, { limit: 10, before: first.id })).toEqual({ data: [], more: false })
})

test('a reader who does not read is told how many it missed, and holds no more than its share', async () => {
  const ring = new RequestRing()
  const stream = followRequests(ring, all, [])
  for (let i = 0; i < 5_000; i++) ring.add(entry(ring))
  expect(stream.readableLength).toBeLessThan(300 * 1024)
  let lines = 0
  let missed = 0
  let text = ''
  for await (const chunk of stream as AsyncIterable<string>) {
    text += chunk
    const told = text.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as { id?: string, missed?: number, ended?: string })
    lines = told.filter(({ id }) => id !== undefined).length
    missed = told.reduce((sum, one) => sum + (one.missed ?? 0), 0)
    if (missed > 0) ring.close()
    if (told.at(-1)?.ended !== undefined) expect(told.at(-1)).toEqual({ ended: 'the gateway stops' })
  }
  expect(lines + missed).toBe(5_000)
  expect(text).toMatch(/\{"ended":"the gateway stops"\}\n$/)
})

test('who follows after the end is told at once', async () => {
  const ring = new RequestRing()
  ring.close()
  let text = ''
  for await (const chunk of followRequests(ring, all, []) as AsyncIterable<string>) text += chunk
  expect(text.trim()).toBe('{"ended":"the gateway stops"}')
})

test('a cut goes through a character of several bytes', () => {
  const keeper = new BodyKeeper(5)
  keeper.add(Buffer.from('abc'))
  keeper.add(Buffer.from('d\u{1f600}e'))
  expect(keeper.done(() => undefined, false)).toEqual({ bytes: 9, text: 'abcd', truncated: true, redacted: false, omitted: null })
})

test('a limit of nothing, and a compressed body', () => {
  const off = new BodyKeeper(0)
  off.add(Buffer.from('abc'))
  expect(off.done(() => undefined, false)).toMatchObject({ bytes: 3, text: null, omitted: 'off' })
  const gzip = new BodyKeeper(10)
  gzip.add(Buffer.from('abc'))
  expect(gzip.done((name) => name === 'content-encoding' ? 'gzip' : undefined, false)).toMatchObject({ text: null, omitted: 'encoded' })
})
