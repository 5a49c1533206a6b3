import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { startCore, type Sandbox } from '../../src/sandbox/core.js'
import { readRecordings, replay, type Recording } from './replay.js'

/** The recordings whose steps agree almost without exception. */
const NAMED = [
  'quick-start', 'ledgers', 'balances', 'transaction-validation', 'amounts-and-precision', 'insufficient-funds-and-overdraft', 'duplicate-references',
  'multiple-sources', 'multiple-destinations', 'inflight', 'bulk', 'refunds', 'metadata'
]

interface Score { readonly agreed: number, readonly sameBytes: number }
/** What each recording reaches at the least: a number here only ever rises. */
const floor = JSON.parse(readFileSync(new URL('floor.json', import.meta.url), 'utf8')) as Readonly<Record<string, Score>>

const recordings = readRecordings()
let core: Sandbox
let replayed = 0
beforeAll(async () => { core = await startCore({ database: inject('postgres'), host: '127.0.0.1', port: 0, logLevel: 'silent' }) })
afterAll(async () => { await core.close() })

async function replayOnEmptyCore (recording: Recording): ReturnType<typeof replay> {
  const key = randomBytes(16).toString('hex')
  const schema = `test_${randomBytes(6).toString('hex')}`
  await core.open({ schema, key })
  try {
    return await replay(recording, { base: core.url, headers: { 'X-Blnk-Key': key } })
  } finally {
    await core.drop(schema)
  }
}

describe('the sandbox answers what Core was recorded to answer', () => {
  test.concurrent.for(recordings.map((recording) => [recording.name, recording] as const))('%s', { timeout: 120_000 }, async ([name, recording], { expect }) => {
    const outcome = await replayOnEmptyCore(recording)
    replayed += outcome.steps
    const { agreed, sameBytes } = floor[name] as Score
    console.log(`${name}: ${outcome.agreed} of ${outcome.steps} steps agree, ${outcome.sameBytes} byte for byte`)
    if (process.env['REPLAY_DETAILS'] !== undefined && outcome.disagreements.length > 0) console.log(JSON.stringify(outcome.disagreements, null, 1))
    if (NAMED.includes(name)) expect(outcome.agreed / outcome.steps, JSON.stringify(outcome.disagreements)).toBeGreaterThanOrEqual(0.97)
    expect(outcome.agreed, JSON.stringify(outcome.disagreements)).toBeGreaterThanOrEqual(agreed)
    expect(outcome.sameBytes).toBeGreaterThanOrEqual(sameBytes)
  })
})

test('every step of every recording was replayed', () => {
  expect(replayed).toBe(recordings.reduce((sum, { steps }) => sum + steps.length, 0))
  expect(NAMED.every((name) => recordings.some((recording) => recording.name === name))).toBe(true)
})
