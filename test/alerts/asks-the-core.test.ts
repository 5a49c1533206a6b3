import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Agent } from 'undici'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isInCore, kindOf, type EntityKind } from '../../src/alerts/entity.js'
import { ownInstance, type Own } from '../support/gateway.js'
import { asking } from './ask.js'

/** What the Core has says how it answers. */
const ANSWERS: Readonly<Record<string, (path: string) => readonly [number, string] | 'drops' | 'silent'>> = {
  bln_here: () => [200, '{"balance_id":"bln_here"}'],
  bln_gone: () => [404, '{"error":"Balance with ID \'bln_gone\' not found"}'],
  bln_old: () => [400, '{"error":"Balance with ID \'bln_old\' not found"}'],
  bln_odd: () => [400, '{"error":"bad request"}'],
  bln_broken: () => [500, '{}'],
  bln_key: () => [401, '{}'],
  bln_drops: () => 'drops',
  bln_silent: () => 'silent'
}

const seen: string[] = []
const core = createServer((request, response) => {
  const path = request.url ?? ''
  seen.push(`${request.method} ${path} ${String(request.headers['x-blnk-key'])}`)
  const answer = (ANSWERS[path.split('/').at(-1) ?? ''] ?? (() => [404, '{}'] as const))(path)
  if (answer === 'drops') request.socket.destroy()
  else if (answer !== 'silent') response.writeHead(answer[0], { 'Content-Type': 'application/json' }).end(answer[1])
})

let own: Own
let origin: string
beforeAll(async () => {
  await new Promise<void>((resolve) => { core.listen(0, '127.0.0.1', resolve) })
  origin = `http://127.0.0.1:${(core.address() as AddressInfo).port}`
  own = await ownInstance({ name: 'without a database', core_url: `${origin}/base`, core_key: 'key-of-a-core-of-alerts' })
})
afterAll(async () => {
  core.closeAllConnections()
  await new Promise((resolve) => { core.close(resolve) })
})

test.each([
  ['bln_here', 201, undefined], ['bln_gone', 404, 'ENTITY_NOT_FOUND'], ['bln_old', 404, 'ENTITY_NOT_FOUND'], ['bln_odd', 502, 'ENTITY_NOT_CHECKED'],
  ['bln_broken', 502, 'ENTITY_NOT_CHECKED'], ['bln_key', 502, 'ENTITY_NOT_CHECKED'], ['bln_drops', 502, 'ENTITY_NOT_CHECKED']
])('%s: %i', async (id, status, code) => {
  const answer = await asking(own.apiKey)('POST', `/alerts/flag/${id}`, { description: 'd' })
  expect([answer.status, answer.json.error_detail?.code]).toEqual([status, code])
  expect(seen).toContain(`GET /base/balances/${id} key-of-a-core-of-alerts`)
})

test('a Core that is silent is waited for so long, and no longer', async () => {
  const dispatcher = new Agent()
  const upstream = { origin, basePath: '', key: undefined, dispatcher }
  await expect(isInCore(upstream, { kind: kindOf('bln_silent') as EntityKind, id: 'bln_silent' }, 200)).rejects.toMatchObject({ name: 'TimeoutError' })
  expect(seen).toContain('GET /balances/bln_silent undefined')
  await dispatcher.destroy()
})
