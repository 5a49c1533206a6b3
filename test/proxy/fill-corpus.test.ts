import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { fillTransaction } from '../../src/proxy/fill.js'
import { parseJson } from '../../src/lib/json/parse.js'

/** nst/JSONTestSuite (MIT): y_ must be accepted, n_ must be refused, i_ is up to the parser. */
const texts = Object.entries(JSON.parse(readFileSync(new URL('corpora/json-texts.json', import.meta.url), 'utf8')) as Record<string, { base64: string }>)
  .map(([name, { base64 }]) => [name, Buffer.from(base64, 'base64')] as const)

const ADDED = Buffer.from(',"precision":100,"reference":"ref_1"}')
const readsAsObject = (sent: Buffer): boolean => {
  try {
    return parseJson(sent).kind === 'object'
  } catch {
    return false
  }
}
const inside = (text: Buffer): Buffer => Buffer.concat([Buffer.from('{"meta_data":'), text, Buffer.from('}')])

test.each(texts.filter(([name]) => name.startsWith('y_')))('%s arrives unchanged inside a transaction', (_name, text) => {
  const sent = inside(text)
  expect(fillTransaction(sent, () => 'ref_1').body).toEqual(Buffer.concat([sent.subarray(0, -1), ADDED]))
})

test.each(texts)('%s as a body breaks nothing', (_name, text) => {
  for (const sent of [text, inside(text)]) {
    const { body, filled } = fillTransaction(sent, () => 'ref_1')
    if (filled.length === 0) expect(body).toBe(sent)
    expect(filled).toHaveLength(readsAsObject(sent) ? 2 : 0)
  }
})
