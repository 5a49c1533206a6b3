import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fillTransaction } from '../../src/proxy/fill.js'
import { anyBody } from '../support/json-bodies.js'

// A parser of somebody else's, with numbers of any length: Python's json with decimal.

const python = ['python3', '/usr/bin/python3'].find((each) => spawnSync(each, ['-c', 'import json, decimal']).status === 0)
if (python === undefined) console.info('skipped: needs python3')

const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31)
// A tenth in `npm test`, all in `npm run test:long`.
const BODIES = process.env['TEST_LONG'] === '1' ? 30_000 : 3_000

const corpus = Object.values(JSON.parse(readFileSync(new URL('corpora/json-texts.json', import.meta.url), 'utf8')) as Record<string, { base64: string }>)
  .flatMap(({ base64 }) => [Buffer.from(base64, 'base64'), Buffer.concat([Buffer.from('{"meta_data":'), Buffer.from(base64, 'base64'), Buffer.from('}')])])
const NUMBERS = ['9'.repeat(5_000), `0.${'1'.repeat(5_000)}`, '1.50', '1.0e+02', '-0', '-0.0', '1E400', '1e-400', '123456789012345678901234567890.123456789012345678901234567890']
const numbers = NUMBERS.map((number) => Buffer.from(`{"precise_amount":${number},"rate":[${number}]}`))

/** Python's parser recurses; ours does not, and test/proxy/fill.test.ts has its depth. */
const isShallow = (body: Buffer): boolean => !/^[[{":a\s]{500}/.test(body.toString('latin1').replace('{"meta_data":', ''))

test.skipIf(python === undefined)('Python\'s json sees the value that was sent plus the fill, to the last digit', () => {
  console.info(`seed ${seed}`)
  const bodies = [...corpus.filter(isShallow), ...numbers, ...fc.sample(anyBody, { seed, numRuns: BODIES })]
  const lines = bodies.map((sent) => {
    const { body, filled } = fillTransaction(sent, () => 'ref_1')
    return JSON.stringify([sent.toString('base64'), body.toString('base64'), filled])
  })
  const { stdout, stderr } = spawnSync(python!, [fileURLToPath(new URL('fill-against-python.py', import.meta.url))], { input: lines.join('\n'), encoding: 'utf8', maxBuffer: 1 << 28 })
  expect(stderr).toBe('')
  const wrong = (JSON.parse(stdout) as number[]).map((at) => bodies[at]!.toString('latin1').slice(0, 500))
  expect(wrong).toEqual([])
  expect(bodies.length).toBeGreaterThan(BODIES + 500)
})
