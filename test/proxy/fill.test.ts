import { describe, expect, test } from 'vitest'
import { fillBulk, fillTransaction } from '../../src/proxy/fill.js'

const make = (): string => 'ref_1'
const single = (text: string | Buffer): string => {
  const { body } = fillTransaction(Buffer.from(text), make)
  return body.toString('latin1')
}
const filled = (text: string): readonly string[] => fillTransaction(Buffer.from(text), make).filled
const ADDED = '"precision":100,"reference":"ref_1"'

describe('adds what is absent before the closing brace', () => {
  test.each([
    ['{}', `{${ADDED}}`],
    [' {\n} ', ` {\n${ADDED}} `],
    ['{"amount":1.50}', `{"amount":1.50,${ADDED}}`],
    ['{"amount":1 }\n', `{"amount":1 ,${ADDED}}\n`],
    ['{"precise_amount":123456789012345678901234567890}', `{"precise_amount":123456789012345678901234567890,${ADDED}}`],
    ['{"precision":1}', '{"precision":1,"reference":"ref_1"}'],
    ['{"reference":"a"}', '{"reference":"a","precision":100}'],
    ['{"precision":null,"reference":null}', `{"precision":null,"reference":null,${ADDED}}`],
    ['{"meta_data":{"precision":1,"reference":"a"}}', `{"meta_data":{"precision":1,"reference":"a"},${ADDED}}`],
    ['{"sources":[{"reference":"a"}]}', `{"sources":[{"reference":"a"}],${ADDED}}`],
    ['{"a":1}{"precision":1,"reference":"b"}', `{"a":1,${ADDED}}{"precision":1,"reference":"b"}`],
    ['{"a":1} trailing', `{"a":1,${ADDED}} trailing`],
    ['{"precisio":1,"precisionn":2,"reference ":3,"re\\u0000ference":4}', `{"precisio":1,"precisionn":2,"reference ":3,"re\\u0000ference":4,${ADDED}}`]
  ])('%s', (sent, expected) => { expect(single(sent)).toBe(expected) })
})

describe('leaves what is there', () => {
  test.each([
    '{"precision":0,"reference":""}',
    '{"precision":"x","reference":{}}',
    '{"precision":false,"reference":[]}',
    '{"Precision":1,"REFERENCE":"a"}',
    '{"preci\u017fion":1,"reference":"a"}',
    '{"PRECI\\u017FION":1,"reference":"a"}',
    '{"\\u0070\\u0072\\u0065\\u0063\\u0069\\u0073\\u0069\\u006f\\u006e":1,"\\u0052eference":"a"}',
    '{"precision":1,"reference":"a","precision":null,"reference":null}',
    '{"precision":null,"precision":2,"reference":null,"reference":"a"}'
  ])('%s', (sent) => {
    expect(single(sent)).toBe(Buffer.from(sent).toString('latin1'))
    expect(filled(sent)).toEqual([])
  })
})

describe('passes on unchanged what is no object, or broken for Go', () => {
  test.each([
    '', ' ', 'null', '[]', '"a"', '1', '{', '{"a"', '{"a":', '{"a":1', '{"a":1,}', '{,}', '{"a" 1}', '{a:1}', "{'a':1}", '{"a":01}', '{"a":1.}',
    '{"a":.5}', '{"a":+1}', '{"a":1e}', '{"a":1e+}', '{"a":-}', '{"a":NaN}', '{"a":tru}', '{"a":nul}', '{"a":"\t"}', '{"a":"\\x"}', '{"a":"\\u12g4"}', '{"a":"\\u12`4"}', '{"a":"\\u12@4"}', '{"a":"\\u12:4"}', '{"a":"\\u12/4"}',
    '{"a":[1,]}', '{"a":[}', '{"a":{]}', '{"a":"', '\ufeff{"a":1}', '/**/{}', '{/**/}', '{"a":1]'
  ])('%j', (sent) => { expect(single(sent)).toBe(Buffer.from(sent).toString('latin1')) })
})

test('a key that is not UTF-8 is another key', () => {
  const sent = Buffer.concat([Buffer.from('{"precision'), Buffer.from([0xff]), Buffer.from('":1,"reference":"a"}')])
  expect(fillTransaction(sent, make).filled).toEqual(['precision'])
})

test('halves of a surrogate pair name nothing', () => {
  expect(filled('{"\\ud800precision":1,"reference\\udc00":2}')).toEqual(['precision', 'reference'])
})

test('a body that lacks nothing is the buffer that was given', () => {
  const sent = Buffer.from('{"precision":1,"reference":"a"}')
  expect(fillTransaction(sent, make).body).toBe(sent)
})

test('says which reference it made, and makes none in vain', () => {
  let made = 0
  const count = (): string => `ref_${++made}`
  expect(fillTransaction(Buffer.from('{}'), count)).toMatchObject({ reference: 'ref_1', filled: ['precision', 'reference'] })
  expect(fillTransaction(Buffer.from('{"reference":"a"}'), count)).not.toHaveProperty('reference')
  expect(fillTransaction(Buffer.from('[]'), count)).not.toHaveProperty('reference')
  expect(made).toBe(1)
})

describe('nesting', () => {
  const nested = (depth: number): string => `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`
  test('9,999 arrays in the object are read, as Go does', () => { expect(filled(nested(9_999))).toHaveLength(2) })
  test('10,000 are refused by Go, and go on unchanged', () => { expect(single(nested(10_000))).toBe(nested(10_000)) })
  test('so are objects, of which the deepest is still known to be one', () => {
    const objects = (depth: number): string => `${'{"a":'.repeat(depth)}1${',"b":2}'.repeat(depth)}`
    expect(filled(objects(10_000))).toHaveLength(2)
    expect(single(objects(10_001))).toBe(objects(10_001))
  })
  test.each(['[', '{"a":'])('1,000,000 times %s', (opening) => {
    const sent = `{"a":${opening.repeat(1_000_000)}`
    expect(single(sent)).toBe(sent)
  })
})

describe('in bulk', () => {
  const bulk = (text: string): string => {
    let made = 0
    return fillBulk(Buffer.from(text), () => `ref_${++made}`).body.toString()
  }
  test.each([
    ['{"transactions":[{"amount":1},{"reference":"a"},{"precision":2}]}', '{"transactions":[{"amount":1,"precision":100,"reference":"ref_1"},{"reference":"a","precision":100},{"precision":2,"reference":"ref_2"}]}'],
    ['{"TRAN\\u017factions":[{}],"inflight":true}', '{"TRAN\\u017factions":[{"precision":100,"reference":"ref_1"}],"inflight":true}'],
    ['{"transactions":[null,1,"a",[],{"precision":1,"reference":"a"}]}', '{"transactions":[null,1,"a",[],{"precision":1,"reference":"a"}]}'],
    // Go keeps the elements of an array that a duplicate decodes into.
    ['{"transactions":[{"reference":"a"}],"transactions":[{},{}]}', '{"transactions":[{"reference":"a"}],"transactions":[{"precision":100},{"precision":100,"reference":"ref_1"}]}'],
    ['{"transactions":[{"reference":"a"}],"transactions":[null],"transactions":[{}]}', '{"transactions":[{"reference":"a"}],"transactions":[null],"transactions":[{"precision":100,"reference":"ref_1"}]}'],
    ['{"transactions":[{"reference":"a"}],"transactions":[],"transactions":[{}]}', '{"transactions":[{"reference":"a"}],"transactions":[],"transactions":[{"precision":100,"reference":"ref_1"}]}'],
    ['{"transactions":[{"reference":"a"}],"transactions":null,"transactions":[{}]}', '{"transactions":[{"reference":"a"}],"transactions":null,"transactions":[{"precision":100,"reference":"ref_1"}]}'],
    ['{"transactions":[{},{"reference":"a"}],"transactions":[{}],"transactions":[{},{}]}', '{"transactions":[{},{"reference":"a"}],"transactions":[{}],"transactions":[{"precision":100,"reference":"ref_1"},{"precision":100}]}'],
    // What is no array leaves what the one before it held, and its text is text.
    ['{"transactions":[{}],"transactions":1}', '{"transactions":[{"precision":100,"reference":"ref_1"}],"transactions":1}'],
    ['{"transactions":"{}]"}', '{"transactions":"{}]"}'],
    ['{"transactions":[{"reference":"a"}],"transactions":null}', '{"transactions":[{"reference":"a"}],"transactions":null}'],
    ['{"transactions":[]}', '{"transactions":[]}'],
    ['{"transactions":{}}', '{"transactions":{}}'],
    ['[{"transactions":[{}]}]', '[{"transactions":[{}]}]'],
    ['{"transactions":[{}],}', '{"transactions":[{}],}']
  ])('%s', (sent, expected) => { expect(bulk(sent)).toBe(expected) })

  test('says what it filled in any item, and one that lacks nothing is the buffer that was given', () => {
    const of = (text: string): readonly string[] => fillBulk(Buffer.from(text), make).filled
    expect(of('{"transactions":[{"reference":"a"},{"reference":"b"}]}')).toEqual(['precision'])
    expect(of('{"transactions":[{"reference":"a"},{"precision":1}]}')).toEqual(['precision', 'reference'])
    const sent = Buffer.from('{"transactions":[{"precision":1,"reference":"a"}]}')
    expect(fillBulk(sent, make).body).toBe(sent)
  })
})
