import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import { testDatabase } from '../../support/database.js'
import { openCore, type TestCore } from '../core.js'

const HEADER = 'ID,Amount,Date,Reference,Description,Currency'

interface Part { readonly name: string, readonly text: string, readonly filename?: string }

/** A form as it goes over the wire, in the order of its parts. */
const form = (...parts: readonly Part[]): string => parts.map(({ name, text, filename }) =>
  `--edge\r\nContent-Disposition: form-data; name="${name}"${filename === undefined ? '' : `; filename="${filename}"`}\r\n\r\n${text}\r\n`).join('') + '--edge--\r\n'

const FORM = 'multipart/form-data; boundary=edge'

async function post ({ core, key }: TestCore, body: string | AsyncIterable<Buffer>, contentType = FORM): Promise<{ status: number, json: Record<string, unknown> }> {
  const sent = request(`${core.url}/reconciliation/upload`, { method: 'POST', headers: { 'X-Blnk-Key': key, 'Content-Type': contentType } })
  const answered = once(sent, 'response')
  answered.catch(() => {})
  if (typeof body === 'string') sent.end(body)
  else {
    for await (const chunk of body) if (!sent.write(chunk)) await Promise.race([once(sent, 'drain'), answered])
    sent.end()
  }
  const [response] = await answered as [import('node:http').IncomingMessage]
  let text = ''
  for await (const chunk of response) text += String(chunk)
  return { status: response.statusCode ?? 0, json: JSON.parse(text) as Record<string, unknown> }
}

const codeOf = ({ json }: { json: Record<string, unknown> }): unknown => (json['error_detail'] as { code: string } | undefined)?.code

async function stored ({ schema }: TestCore): Promise<Array<Record<string, unknown>>> {
  const { db } = testDatabase(1)
  try {
    return (await db.query(`SELECT id, amount, date, source, upload_id FROM ${schema}.external_transactions ORDER BY id`)).rows
  } finally {
    await db.close()
  }
}

test('a CSV file: quotes, both line ends, columns in any order, a source behind the file', async () => {
  const core = await openCore()
  const text = ' currency ,ID,Amount,Date,Reference,Description\r\nUSD,a,1e2,2024-05-03T10:00:00+02:00,"r, 1","says ""hi"""\n\nUSD,b,none,yesterday,r2,d\n'
  const answer = await post(core, form({ name: 'file', filename: 'bank.CSV', text }, { name: 'source', text: 'bank' }))
  expect(answer).toMatchObject({ status: 200, json: { record_count: 2, source: 'bank' } })
  // What is no amount is 0, what is no date the zero time, and an offset is dropped by the column.
  const id = answer.json['upload_id']
  expect(await stored(core)).toEqual([
    { id: 'a', amount: '100', date: '2024-05-03 10:00:00', source: 'bank', upload_id: id },
    { id: 'b', amount: '0', date: '0001-01-01 00:00:00', source: 'bank', upload_id: id }
  ])
})

test('the digits of an amount are those of the file', async () => {
  const core = await openCore()
  await post(core, form({ name: 'file', filename: 'x.json', text: '[{"id":"a","amount":0.1,"source":"not this"} , {"id":"b","amount":123456789.01,"date":"2024-05-03T10:00:00.123456Z"}] what follows' }, { name: 'source', text: 's' }))
  expect(await stored(core)).toMatchObject([{ id: 'a', amount: '0.1', source: 's' }, { id: 'b', amount: '123456789.01', date: '2024-05-03 10:00:00.123456' }])
})

test.each([
  ['a CSV file without a telling name', 'statement', `${HEADER}\na,1,2024-05-03T10:00:00Z,r,d,USD\n`, 200],
  ['a JSON file without a telling name', 'statement.txt', ' [{"id":"a"}]', 200],
  ['a file that is neither', 'statement', 'hello', 500],
  ['a file with the name of something else', 'x.pdf', `${HEADER}\na,1,2024-05-03T10:00:00Z,r,d,USD\n`, 500],
  ['an empty file', 'x.csv', '', 500],
  ['a header without a date', 'x.csv', 'ID,Amount\na,1\n', 500],
  ['a row of another width', 'x.csv', `${HEADER}\na,1,2024-05-03T10:00:00Z,r,d\n`, 500],
  ['a row with an empty member', 'x.csv', `${HEADER}\na,1,2024-05-03T10:00:00Z,,d,USD\n`, 500],
  ['a quote that is never closed', 'x.csv', `${HEADER}\n"a,1,2024-05-03T10:00:00Z,r,d,USD\n`, 500],
  ['JSON that is no array', 'x.json', '{"id":"a"}', 500],
  ['JSON that ends early', 'x.json', '[{"id":"a"},', 500],
  ['JSON without a comma', 'x.json', '[{"id":"a"} {"id":"b"}]', 500],
  ['JSON of the wrong type', 'x.json', '[{"id":1}]', 500],
  ['an empty array', 'x.json', '[]', 200]
])('%s', async (_, filename, text, status) => {
  const core = await openCore()
  const answer = await post(core, form({ name: 'source', text: 's' }, { name: 'file', filename, text }))
  expect(answer.status).toBe(status)
  if (status !== 200) expect(codeOf(answer)).toBe('RECON_UPLOAD_PROCESSING_FAILED')
})

test('JSON cut anywhere into chunks is the same', async () => {
  const core = await openCore()
  const whole = Buffer.from(form({ name: 'file', filename: 'x.json', text: '[ {"id":"a\\"]}","description":"x,{[é"} ,\n{"id":"b"}, null ]' }, { name: 'source', text: 's' }))
  async function * bytes (): AsyncGenerator<Buffer> { for (let i = 0; i < whole.length; i++) yield whole.subarray(i, i + 1) }
  expect(await post(core, bytes())).toMatchObject({ status: 200, json: { record_count: 3 } })
  expect((await stored(core)).map(({ id }) => id)).toEqual(['', 'a"]}', 'b'])
})

test('an id that any upload has used is refused; rows that were right stay', async () => {
  const core = await openCore()
  const file = (ids: string): string => form({ name: 'file', filename: 'x.csv', text: `${HEADER}\n${[...ids].map((id) => `${id},1,2024-05-03T10:00:00Z,r,d,USD\n`).join('')}` })
  expect((await post(core, file('ab'))).status).toBe(200)
  expect(codeOf(await post(core, file('cbd')))).toBe('RECON_UPLOAD_PROCESSING_FAILED')
  expect((await stored(core)).map(({ id }) => id)).toEqual(['a', 'b', 'c'])
})

test('a form without a file, one that is cut, and none at all', async () => {
  const core = await openCore()
  expect(codeOf(await post(core, form({ name: 'source', text: 's' })))).toBe('RECON_UPLOAD_FAILED')
  expect(codeOf(await post(core, form({ name: 'file', text: 'a value and no file' })))).toBe('RECON_UPLOAD_FAILED')
  const cut = form({ name: 'file', filename: 'x.csv', text: `${HEADER}\na,1,2024-05-03T10:00:00Z,r,d,USD\n` }).replace('--edge--', '')
  expect(codeOf(await post(core, cut))).toBe('RECON_UPLOAD_FAILED')
  expect(await stored(core)).toEqual([])
  expect(codeOf(await post(core, 'x', 'text/plain'))).toBe('RECON_UPLOAD_FAILED')
  expect(codeOf(await post(core, 'x', 'multipart/form-data'))).toBe('RECON_UPLOAD_FAILED')
})

test('a client that goes in the middle leaves no rows, and holds nobody up', async () => {
  const core = await openCore()
  const sent = request(`${core.core.url}/reconciliation/upload`, { method: 'POST', headers: { 'X-Blnk-Key': core.key, 'Content-Type': FORM } })
  sent.on('error', () => {})
  sent.write(form({ name: 'file', filename: 'x.csv', text: HEADER }).replace('\r\n--edge--\r\n', '\n'))
  const row = (i: number): string => `gone${i},1,2024-05-03T10:00:00Z,r,d,USD\n`
  for (let i = 0; i < 1000; i++) sent.write(row(i))
  await expect.poll(async () => (await stored(core)).length).toBeGreaterThan(0)
  sent.destroy()
  await expect.poll(async () => (await stored(core)).length).toBe(0)
  await core.core.reset(core.schema)
})

test('more than 256 MB is 413, and leaves no rows', { timeout: 60_000 }, async () => {
  const core = await openCore()
  async function * body (): AsyncGenerator<Buffer> {
    yield Buffer.from(form({ name: 'file', filename: 'x.csv', text: `${HEADER}\na,1,2024-05-03T10:00:00Z,r,d,USD\n` }).replace('--edge--\r\n', '--edge\r\nContent-Disposition: form-data; name="other"; filename="y"\r\n\r\n'))
    const filler = Buffer.alloc(1024 * 1024, 'x')
    for (let i = 0; i < 257; i++) yield filler
    yield Buffer.from('\r\n--edge--\r\n')
  }
  const answer = await post(core, body())
  expect(answer).toMatchObject({ status: 413, json: { error: 'upload exceeds the maximum allowed size', error_detail: { code: 'GEN_PAYLOAD_TOO_LARGE' } } })
  expect(await stored(core)).toEqual([])
})

test('a file by its URL, from hosts on the list only, redirects included', async () => {
  const bank = createServer((asked, answer) => {
    if (asked.url === '/moved') answer.writeHead(302, { Location: '/files/bank.csv' }).end()
    else if (asked.url === '/away') answer.writeHead(302, { Location: 'http://127.0.0.2/bank.csv' }).end()
    else if (asked.url === '/files/bank.csv') answer.end(`${HEADER}\nu1,1,2024-05-03T10:00:00Z,r,d,USD\n`)
    else answer.writeHead(404).end()
  })
  bank.listen(0, '127.0.0.1')
  await once(bank, 'listening')
  onTestFinished(async () => { await new Promise((resolve) => { bank.close(resolve) }) })
  const at = (host: string, path: string): string => JSON.stringify({ url: `http://${host}:${(bank.address() as AddressInfo).port}${path}`, source: 'bank' })
  const core = await openCore({ uploadHosts: ['127.0.0.1'] })
  expect(await post(core, at('127.0.0.1', '/moved'), 'application/json')).toMatchObject({ status: 200, json: { record_count: 1, source: 'bank' } })
  expect(codeOf(await post(core, at('127.0.0.1', '/away'), 'application/json'))).toBe('RECON_UPLOAD_PROCESSING_FAILED')
  expect(codeOf(await post(core, at('127.0.0.1', '/none'), 'application/json'))).toBe('RECON_UPLOAD_PROCESSING_FAILED')
  expect(await post(core, at('localhost', '/files/bank.csv'), 'application/json')).toMatchObject({ status: 400, json: { error: 'upload host not allowed', error_detail: { code: 'RECON_UPLOAD_HOST_NOT_ALLOWED' } } })
  for (const [url, sentence] of [['ftp://127.0.0.1/x', 'upload URL must use http or https'], ['127.0.0.1/x.csv', 'upload URL must use http or https'], ['http://', 'invalid upload URL'], ['http://a b/', 'invalid upload URL']]) {
    expect(await post(core, form({ name: 'url', text: url as string })), url).toMatchObject({ status: 400, json: { error: sentence, error_detail: { code: 'RECON_UPLOAD_URL_INVALID' } } })
  }
  expect(codeOf(await post(await openCore(), at('127.0.0.1', '/moved'), 'application/json'))).toBe('RECON_UPLOAD_HOST_NOT_ALLOWED')
})
