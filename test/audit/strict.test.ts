import { once } from 'node:events'
import { existsSync, readFileSync, renameSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { start, workFolder, type Started } from '../house/command.js'

const folder = workFolder()
const stream = join(folder, 'audit.ndjson')
const env = { AUDIT: 'strict', AUDIT_STREAM: stream, DATA_DIR: join(folder, 'data') }

interface Listed { id: string, action: string, outcome: string, status: number | null, entity: { id: string | null } | null, request_id: string }

async function list ({ line }: Started, query: string): Promise<Listed[]> {
  const answer = await fetch(`${line.url}/admin/audit?${query}`, { headers: { Authorization: `Bearer ${line.admin_token}` } })
  return (await answer.json() as { data: Listed[] }).data
}

const lines = (path: string): Array<{ action: string, phase: string, request_id: string | null }> =>
  existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1).map((line) => JSON.parse(line) as { action: string, phase: string, request_id: string | null }) : []

test('a kill in the middle of a write leaves what was to be done, and a file that logrotate moved is begun anew', { timeout: 120_000 }, async () => {
  // A Core that takes a request and does not answer.
  const core = createServer()
  core.listen(0, '127.0.0.1')
  await once(core, 'listening')
  const killed = await start([], { cwd: folder, env: { ...env, CORE_URL: `http://127.0.0.1:${(core.address() as AddressInfo).port}` } })
  const key = killed.line.api_key as string

  const made = await killed.proxy('POST', '/ledgers', { name: 'first' })
  const id = (made.json as { ledger_id: string }).ledger_id
  await expect.poll(async () => (await list(killed, `entity_id=${id}`)).map(({ action, outcome }) => [action, outcome]), { timeout: 20_000 }).toEqual([['Ledger created', 'done']])
  expect(await list(killed, 'action=Ledger created')).toHaveLength(1)
  await expect.poll(() => lines(stream).filter(({ action }) => action === 'Ledger created').map(({ phase }) => phase), { timeout: 20_000 }).toEqual(['intent', 'outcome'])
  renameSync(stream, `${stream}.1`)
  killed.child.kill('SIGHUP')
  await expect.poll(() => existsSync(stream), { timeout: 20_000 }).toBe(true)

  const came = once(core, 'request')
  const cut = fetch(`${killed.line.url}/proxy/ledgers?instance_id=inst_core`, { method: 'POST', headers: { Authorization: `Bearer ${key}`, 'X-Request-Id': 'cut-off' }, body: '{"name":"second"}' }).catch((error: unknown) => error)
  await came
  expect((await list(killed, 'request_id=cut-off')).map(({ outcome, status }) => [outcome, status])).toEqual([['unknown', null]])
  killed.child.kill('SIGKILL')
  await killed.ended
  expect(await cut).toBeInstanceOf(Error)
  core.closeAllConnections()
  core.close()

  const again = await start([], { cwd: folder, env }, key)
  expect(await list(again, 'request_id=cut-off')).toMatchObject([{ action: 'Ledger created', outcome: 'unknown', status: null }])
  expect(lines(stream).map(({ request_id: request }) => request)).toContain('cut-off')
  expect(await again.stop()).toBe(0)
})
