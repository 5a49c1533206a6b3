import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ok, startBoth } from '../support/proxy.js'
import { connect } from '../support/raw-client.js'

/** nst/JSONTestSuite (MIT); what the scanner makes of the others is in fill-corpus.test.ts. */
const texts = Object.entries(JSON.parse(readFileSync(new URL('corpora/json-texts.json', import.meta.url), 'utf8')) as Record<string, { base64: string }>)
  .map(([name, { base64 }]) => [name, Buffer.from(base64, 'base64')] as const)

test('every y_ text arrives unchanged at Core, inside a transaction', async () => {
  const both = await startBoth(ok('{}'))
  const client = await connect(both.url)
  for (const [name, text] of texts.filter(([each]) => each.startsWith('y_'))) {
    const sent = Buffer.concat([Buffer.from('{"meta_data":'), text, Buffer.from('}')])
    client.send(Buffer.concat([Buffer.from(`${both.head('POST', '/transactions', `Content-Length: ${sent.length}`)}\r\n`), sent]))
    const reference = (await client.answer()).header('x-blnk-reference')!
    const added = Buffer.from(`,"precision":100,"reference":"${reference}"}`)
    expect(both.core.received.at(-1)!.body.equals(Buffer.concat([sent.subarray(0, -1), added])), name).toBe(true)
  }
  client.socket.destroy()
  expect(both.core.received.length).toBeGreaterThan(90)
})
