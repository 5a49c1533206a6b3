import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { openDatabase, type PostgresAddress } from '../../src/lib/postgres.js'
import { findAny, keepSecrets, keepText, spellings } from './kept.js'
import { keepRows } from './rows.js'

interface Gateway { readonly url: string, readonly adminToken: string, readonly postgres: PostgresAddress }

/** Last of all, secrets go through every door, so that what keeps the latest requests has them too. */
async function lastRound (ask: (method: string, path: string, body?: unknown) => Promise<string>): Promise<void> {
  const secret = `a-core-key-${process.pid}-${Date.now()}`
  keepSecrets(secret)
  const { api_key: apiKey, id } = JSON.parse(await ask('POST', '/admin/keys', { name: 'of the end', scopes: ['*'] })) as { api_key: string, id: string }
  keepSecrets(apiKey)
  const { instance_id: instanceId } = JSON.parse(await ask('POST', '/admin/instances', { name: 'of the end', core_url: 'http://127.0.0.1:1', core_key: secret })) as { instance_id: string }
  await ask('PUT', `/admin/instances/${instanceId}`, { core_key: secret, unknown: secret })
  await ask('POST', `/admin/instances/${instanceId}/test`)
  for (const path of ['/proxy/ledgers', '/admin/keys', '/nowhere']) await ask('GET', `${path}?instance_id=${instanceId}&key=${id}`)
  await ask('DELETE', `/admin/keys/${id}`)
  await ask('DELETE', `/admin/instances/${instanceId}`)
}

/** Somebody mistakes themselves at the login, and is in then. */
async function throughTheLogin (url: string, adminToken: string): Promise<void> {
  const form = await fetch(`${url}/login`)
  const cookie = form.headers.getSetCookie()[0]?.split(';', 1)[0] as string
  const csrf = /name="csrf_token" value="([^"]+)"/.exec(await form.text())?.[1] as string
  const typed = `a-wrong-password-${process.pid}-${Date.now()}`
  keepSecrets(typed, cookie.split('=')[1])
  for (const [password, status] of [[typed, 401], [adminToken, 303]] as const) {
    const answer = await fetch(`${url}/login`, { method: 'POST', redirect: 'manual', headers: { Cookie: cookie, Origin: url }, body: new URLSearchParams({ csrf_token: csrf, password }) })
    if (answer.status !== status) throw new Error(`the login answered ${answer.status}, so nothing of it can be looked for`)
    keepSecrets(...answer.headers.getSetCookie().map((one) => /=([^;]*)/.exec(one)?.[1]))
  }
}

/** Keeps what the gateway tells of itself: metrics, requests, and every row of its schema and of the sandboxes'. */
export async function keepWhatItTells ({ url, adminToken, postgres }: Gateway): Promise<void> {
  const ask = async (method: string, path: string, body?: unknown): Promise<string> => {
    const answer = await fetch(url + path, {
      method,
      headers: { Authorization: `Bearer ${adminToken}`, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) })
    })
    const text = await answer.text()
    if (!answer.ok) keepText('errors', text)
    return text
  }
  await lastRound(ask)
  await throughTheLogin(url, adminToken)
  keepText('metrics', await ask('GET', '/metrics'))
  const requests = await ask('GET', '/admin/requests?limit=500')
  keepText('requests', requests)
  const { data } = JSON.parse(requests) as { data: Array<{ id: string }> }
  if (data.length === 0) throw new Error('no request is kept, so nothing can be looked for in them')
  for (const { id } of data) keepText('requests', await ask('GET', `/admin/requests/${id}`))
  const db = openDatabase(postgres, 1)
  await keepRows(db, 'gateway', 'database')
  await keepRows(db, 'sandbox%', 'database-of-sandboxes')
  await db.close()
}

/** Looks for every secret of the run in every text that was kept, and says what it found. @returns whether there was none */
export function hasNoSecrets (folder: string): boolean {
  const secrets = [...new Set(readFileSync(join(folder, 'secrets'), 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line) as string))]
  const needles = secrets.flatMap(spellings)
  const sizes: string[] = []
  const leaks: string[] = []
  for (const name of readdirSync(folder).filter((one) => one !== 'secrets').sort()) {
    const text = readFileSync(join(folder, name))
    sizes.push(`${name} ${text.length}`)
    for (const { at, which } of findAny(text, needles)) {
      const from = text.lastIndexOf('\n', at) + 1
      leaks.push(`${name}: ${text.toString('utf8', Math.max(from, at - 200), at)}<secret ${Math.floor(which / 3)}>`)
    }
  }
  process.stdout.write(`secrets: ${secrets.length} looked for, in three spellings, in ${sizes.join(', ')} bytes: ${leaks.length} found\n`)
  if (leaks.length === 0) {
    rmSync(folder, { recursive: true })
    return true
  }
  for (const leak of leaks.slice(0, 20)) process.stderr.write(`a secret in ${leak}\n`)
  process.stderr.write(`secrets: the texts are in ${folder}\n`)
  return false
}
