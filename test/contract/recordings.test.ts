import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { startCore, type Sandbox } from '../../src/sandbox/core.js'
import { admin } from '../support/gateway.js'
import type { Difference } from './compare.js'
import { disagreement, readRecordings, replay, type Outcome, type Recording } from './replay.js'

/** The recordings whose steps agree almost without exception. */
const NAMED = [
  'quick-start', 'ledgers', 'balances', 'transaction-validation', 'amounts-and-precision', 'insufficient-funds-and-overdraft', 'duplicate-references',
  'multiple-sources', 'multiple-destinations', 'inflight', 'bulk', 'refunds', 'metadata'
]

const readJson = (name: string): unknown => JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8'))

/** What each recording reaches at the least: a number here only ever rises. */
const floor = readJson('floor.json') as Readonly<Record<string, { readonly agreed: number, readonly sameBytes: number }>>
/** Steps that the sandbox answers otherwise by intention, each with the reason. */
const differs = readJson('differs.json') as Readonly<Record<string, Readonly<Record<string, string>>>>
/** Steps whose answer through the gateway is not the Core's own, each with the reason. */
const proxyDiffers = readJson('proxy-differs.json') as Readonly<Record<string, Readonly<Record<string, string>>>>

const recordings = readRecordings()
let core: Sandbox
const replayed = new Map<string, readonly [direct: number, through: number]>()
beforeAll(async () => { core = await startCore({ database: inject('postgres'), host: '127.0.0.1', port: 0, logLevel: 'silent' }) })
afterAll(async () => { await core.close() })

async function replayDirectly (recording: Recording): Promise<Outcome> {
  const ledger = { schema: `test_${randomBytes(6).toString('hex')}`, key: randomBytes(16).toString('hex') }
  await core.open(ledger)
  try {
    return await replay(recording, { base: core.url, headers: { 'X-Blnk-Key': ledger.key } })
  } finally {
    await core.drop(ledger.schema)
  }
}

async function replayThroughProxy (recording: Recording): Promise<Outcome> {
  const { url } = inject('gateway')
  const instanceId = (await admin('POST', '/admin/instances', { name: recording.name, sandbox: true })).json.instance_id as string
  const apiKey = (await admin('POST', '/admin/keys', { name: recording.name, scopes: ['*'], instance_id: instanceId })).json.api_key as string
  try {
    return await replay(recording, { base: `${url}/proxy`, query: `instance_id=${instanceId}`, headers: { Authorization: `Bearer ${apiKey}` } })
  } finally {
    await admin('DELETE', `/admin/instances/${instanceId}`)
  }
}

/** Where the gateway's answers are not the Core's own, by step. */
function proxyDifferences ({ name, steps }: Recording, direct: Outcome, through: Outcome): Record<string, readonly Difference[]> {
  const found: Record<string, readonly Difference[]> = {}
  for (const [number, { varies }] of steps.entries()) {
    const [want, got] = [direct.answers[number], through.answers[number]]
    const why = want === undefined || got === undefined ? [] : disagreement(want, got, differs[name]?.[number] === undefined ? varies : ['*'])
    if (why.length > 0) found[number] = why
  }
  return found
}

/**
 * Some steps wait for a state that a Core leaves by itself: bulk's step 16 for a balance that lasts until a queued refund
 * follows, a quarter of a second here. A machine that stands still for longer misses it, so a recording is played again.
 */
const AGAIN = 3

/**
 * Everything is replayed through the proxy. Directly too, and both are compared, where there is time or a server: the embedded
 * database is one backend, for which the run waits as it is.
 */
const both = process.env['TEST_LONG'] !== undefined || process.env['TEST_DATABASE_URL'] !== undefined

test.concurrent.for(recordings.map((recording) => [recording.name, recording] as const))('%s', { timeout: 120_000, retry: AGAIN }, async ([name, recording], { expect }) => {
  const [direct, through] = await Promise.all([both ? replayDirectly(recording) : undefined, replayThroughProxy(recording)])
  const first = direct ?? through
  replayed.set(name, [first.steps, through.steps])
  console.log(`${name}: ${first.agreed} of ${first.steps} steps agree, ${first.sameBytes} byte for byte`)
  const ours = direct === undefined ? Object.keys(proxyDiffers[name] ?? {}) : []
  const details = JSON.stringify(first.disagreements)
  if (NAMED.includes(name)) expect((first.agreed + ours.length) / first.steps, details).toBeGreaterThanOrEqual(0.97)
  expect(first.agreed + ours.length, details).toBeGreaterThanOrEqual(floor[name]?.agreed ?? Infinity)
  expect(first.sameBytes + ours.length).toBeGreaterThanOrEqual(floor[name]?.sameBytes ?? Infinity)
  const disagreeing = new Set(first.disagreements.map(({ step }) => String(step)))
  expect(Object.keys(differs[name] ?? {}).filter((step) => !disagreeing.has(step)), 'steps that differs.json lists and that agree').toEqual([])
  if (direct === undefined) {
    expect(ours.filter((step) => !disagreeing.has(step)), 'steps that proxy-differs.json lists and that agree').toEqual([])
    return
  }
  const differing = proxyDifferences(recording, direct, through)
  expect(Object.keys(differing), JSON.stringify(differing)).toEqual(Object.keys(proxyDiffers[name] ?? {}))
})

test('every step of every recording was replayed, directly and through the proxy', () => {
  const steps = recordings.reduce((sum, recording) => sum + recording.steps.length, 0)
  const sum = (which: 0 | 1): number => [...replayed.values()].reduce((total, each) => total + each[which], 0)
  expect([sum(0), sum(1)]).toEqual([steps, steps])
  const names = recordings.map(({ name }) => name)
  expect(names).toEqual(expect.arrayContaining([...NAMED, ...Object.keys(differs), ...Object.keys(proxyDiffers), ...Object.keys(floor)]))
})
