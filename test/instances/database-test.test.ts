import { expect, test } from 'vitest'
import { admin } from '../support/gateway.js'
import { freePort } from '../support/free-port.js'

async function added (databaseUrl?: string): Promise<{ test: () => Promise<{ verdict: string, message: string }>, doctor: () => ReturnType<typeof admin>, remove: () => Promise<unknown> }> {
  const { json } = await admin('POST', '/admin/instances', { name: 'looked at', ...(databaseUrl !== undefined && { database_url: databaseUrl }) })
  const path = `/admin/instances/${json.instance_id as string}`
  return {
    test: async () => (await admin('POST', `${path}/test`)).json.database,
    doctor: async () => await admin('GET', `${path}/doctor`),
    remove: async () => await admin('DELETE', path)
  }
}

test('an instance without a database, and one whose database is not there, are told apart in a sentence', async () => {
  const port = await freePort()
  for (const [url, verdict, status] of [[undefined, 'no_database_url', 409], [`postgres://u:s3cr3t-db@127.0.0.1:${port}/d`, 'not_reachable', 502], ['postgres://u@127.0.0.1/d?sslmode=maybe', 'unusable_url', 502]] as const) {
    const one = await added(url)
    const found = await one.test()
    expect(found.verdict).toBe(verdict)
    expect(found.message).not.toContain('s3cr3t')
    const refused = await one.doctor()
    expect(refused.status).toBe(status)
    expect(refused.json).toMatchObject({ error: found.message, error_detail: { details: { verdict } } })
    await one.remove()
  }
})

test('a sandbox has no database of its own', async () => {
  const { json } = await admin('POST', '/admin/instances', { name: 'sandbox', sandbox: true })
  // The Core is asked for three seconds, which a new one may need where all cores are taken.
  const tested = async (): Promise<unknown> => (await admin('POST', `/admin/instances/${json.instance_id as string}/test`)).json
  await expect.poll(tested, { timeout: 25_000 }).toMatchObject({ verdict: 'ok', database: null })
  expect((await admin('GET', `/admin/instances/${json.instance_id as string}/doctor`)).status).toBe(400)
  await admin('DELETE', `/admin/instances/${json.instance_id as string}`)
})
