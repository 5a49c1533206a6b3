import { expect, test } from 'vitest'
import { GatewayError } from '../../src/errors.js'
import { admit, admitToNothing, type Gate } from '../../src/gateway/admit.js'
import type { Call } from '../../src/gateway/row.js'
import { by, KEYS, refusal, request, roomsWith, row } from '../support/admission.js'

const told: string[] = []
const gate = (name: string, refuses = false): Gate => ({
  async admitted (call: Call, { call: known }) {
    expect(known).toBe(call)
    told.push(`${name} admitted`)
    if (refuses) throw new GatewayError('AUTH_INVALID')
  },
  async failed () { told.push(`${name} failed`) }
})
const toldBy = async (admission: () => unknown): Promise<string[]> => {
  told.length = 0
  await (async () => { await admission() })().catch(() => { told.push('refused') })
  return [...told]
}

test('are asked in their order, after all else was right', async () => {
  const rooms = roomsWith({ gates: [gate('one'), {}, gate('two')] })
  expect(await toldBy(() => admit(rooms, row(), request(by('all'))))).toEqual(['one admitted', 'two admitted'])
  expect(await admit(rooms, row(), request(by('all')))).toMatchObject({ credential: KEYS.all, instanceId: 'inst_1' })
  expect(await toldBy(() => admit(rooms, row(), request(by('all', '/proxy/ledgers'))))).toEqual(['refused'])
})

test('the first that refuses ends it, and its refusal is no wrong credential', async () => {
  expect(await toldBy(() => admit(roomsWith({ gates: [gate('one', true), gate('two')] }), row(), request(by('all'))))).toEqual(['one admitted', 'refused'])
})

test('all are told of a credential that was refused, and of nothing else', async () => {
  const gates = [gate('one'), {}, gate('two')]
  const both = ['one failed', 'two failed', 'refused']
  const rooms = roomsWith({ gates })
  expect(await toldBy(() => admit(rooms, row(), request({})))).toEqual(both)
  expect(await toldBy(() => admit(rooms, row(), request(by('revoked'))))).toEqual(both)
  expect(await toldBy(() => admitToNothing(rooms, request(by('revoked'))))).toEqual(both)
  expect(await toldBy(() => admit(rooms, row(), request(by('powerless'))))).toEqual(['refused'])
  const broken = { matches: () => true, find: () => { throw Object.assign(new Error('its issuer wants a login'), { status: 401 }) } }
  expect(await toldBy(() => admit(roomsWith({ gates, tokenKinds: [broken] }), row(), request(by('all'))))).toEqual(['refused'])
})

test('what one throws over a refused credential is answered in its place', async () => {
  const limit: Gate = { failed () { throw new GatewayError('GATEWAY_NOT_READY') } }
  expect((await refusal({}, {}, { gates: [limit] })).code).toBe('GATEWAY_NOT_READY')
})

test('one that answers at once and one that answers later are told in their order, each once, and either may refuse', async () => {
  const atOnce: Gate = { admitted () { told.push('at once admitted') }, failed () { told.push('at once failed') } }
  const later: Gate = {
    async admitted () {
      await Promise.resolve()
      told.push('later admitted')
      throw new GatewayError('GATEWAY_NOT_READY')
    },
    async failed () {
      await Promise.resolve()
      told.push('later failed')
      throw new GatewayError('GATEWAY_NOT_READY')
    }
  }
  for (const [gates, order] of [[[atOnce, later, gate('last')], ['at once', 'later']], [[gate('first'), atOnce, later], ['first', 'at once', 'later']]] as const) {
    const rooms = roomsWith({ gates: [...gates] })
    expect(await toldBy(() => admit(rooms, row(), request(by('all'))))).toEqual([...order.map((one) => `${one} admitted`), 'refused'])
    expect(await toldBy(() => admit(rooms, row(), request({})))).toEqual([...order.map((one) => `${one} failed`), 'refused'])
    await expect((async () => await admit(rooms, row(), request({})))()).rejects.toMatchObject({ code: 'GATEWAY_NOT_READY' })
  }
})

test('who is refused at once is refused without a promise', () => {
  const full: Gate = { admitted () { throw new GatewayError('GATEWAY_NOT_READY') } }
  expect(() => admit(roomsWith({ gates: [full] }), row(), request(by('all')))).toThrow(GatewayError)
  expect(admit(roomsWith({ gates: [{ admitted () {} }] }), row(), request(by('all')))).not.toBeInstanceOf(Promise)
})
