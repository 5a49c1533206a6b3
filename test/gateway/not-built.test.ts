import { beforeAll, expect, inject, test } from 'vitest'
import { notBuiltRows } from '../../routes/index.js'
import { admin, call, ownInstance, type Answer, type Own } from '../support/gateway.js'
import { scopesOf, specPath } from '../surface/row-spelling.js'

const { url } = inject('gateway')
let own: Own
let alien: string
beforeAll(async () => {
  own = await ownInstance()
  alien = (await admin('POST', '/admin/keys', { name: 'holds what no such route needs', scopes: ['proxy:read'], instance_id: own.instanceId })).json.api_key
})

test.each(notBuiltRows.map((row) => [`${row.method} ${specPath(row)}`, row] as const))('%s answers 501 and names itself, after credential, scope and instance', async (name, row) => {
  const ask = async (key: string | undefined, query: string): Promise<Answer> => await call(url + row.path.replace(/:\w+/g, 'x') + query, {
    method: row.method,
    headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...(key === undefined ? {} : { Authorization: `Bearer ${key}` }) },
    ...(row.method === 'GET' ? {} : { body: 'grant_type=x' })
  })
  const statuses = [await ask(undefined, ''), await ask(alien, ''), await ask(own.apiKey, ''), await ask(own.apiKey, `?instance_id=${own.instanceId}`)].map(({ status }) => status)
  expect(statuses).toEqual(scopesOf(row).length === 0 ? [501, 501, 501, 501] : [401, 403, row.instance === 'required' ? 400 : 501, 501])
  const answer = await ask(own.apiKey, `?instance_id=${own.instanceId}`)
  expect(answer.json.error_detail).toMatchObject({ code: 'NOT_BUILT', details: { route: name } })
  expect(answer.json.error).toContain(name)
})
