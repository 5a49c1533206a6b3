import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, inject, test } from 'vitest'
import { startCore, type Sandbox } from '../../src/sandbox/core.js'
import { admin } from '../support/gateway.js'
import type { Difference } from './compare.js'
import { disagreement, readRecordings, replay, type Outcome, type Recording } from './replay.js'

/** Steps whose answer through the gateway is not the Core's own, each with the reason. */
const differs = JSON.parse(readFileSync(new URL('proxy-differs.json', import.meta.url), 'utf8')) as Readonly<Record<string, Readonly<Record<string, string>>>>

const recordings = readRecordings()
let core: Sandbox
beforeAll(async () => { core = await startCore({ database: inject('postgres'), host: '127.0.0.1', port: 0, logLevel: 'silent' }) })
afterAll(async () => { await core.close() })

async function direct (recording: Recording): Promise<Outcome> {
  const ledger = { schema: `test_${randomBytes(6).toString('hex')}`, key: randomBytes(16).toString('hex') }
  await core.open(ledger)
  try {
    return await replay(recording, { base: core.url, headers: { 'X-Blnk-Key': ledger.key } })
  } finally {
    await core.drop(ledger.schema)
  }
}

async function proxied (recording: Recording): Promise<Outcome> {
  const { url } = inject('gateway')
  const instanceId = (await admin('POST', '/admin/instances', { name: recording.name, sandbox: true })).json.instance_id as string
  const apiKey = (await admin('POST', '/admin/keys', { name: recording.name, scopes: ['*'], instance_id: instanceId })).json.api_key as string
  try {
    return await replay(recording, { base: `${url}/proxy`, query: `instance_id=${instanceId}`, headers: { Authorization: `Bearer ${apiKey}` } })
  } finally {
    await admin('DELETE', `/admin/instances/${instanceId}`)
  }
}

test.concurrent.for(recordings.map((recording) => [recording.name, recording] as const))('through the proxy: %s', { timeout: 120_000 }, async ([name, recording], { expect }) => {
  const [own, through] = [await direct(recording), await proxied(recording)]
  const found: Record<string, readonly Difference[]> = {}
  for (const [number, { varies }] of recording.steps.entries()) {
    const [want, got] = [own.answers[number], through.answers[number]]
    const why = want === undefined || got === undefined ? [] : disagreement(want, got, varies)
    if (why.length > 0) found[number] = why
  }
  if (process.env['REPLAY_DETAILS'] !== undefined && Object.keys(found).length > 0) console.log(`DIFFERS ${name} ${JSON.stringify(found)}`)
  expect(Object.keys(found), JSON.stringify(found)).toEqual(Object.keys(differs[name] ?? {}))
})
