import { afterAll, inject } from 'vitest'
import { openDatabase } from '../../src/lib/postgres.js'
import { keepSecrets, keepText } from './kept.js'
import { keepRows } from './rows.js'

// A test looks into an answer member by member; a wrong guess fails it.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export interface Answer { readonly status: number, readonly headers: Headers, readonly text: string, readonly json: any }

export async function call (url: string, init: RequestInit & { headers?: Record<string, string> } = {}): Promise<Answer> {
  const answer = await fetch(url, init)
  const text = await answer.text()
  let json: unknown
  try { json = JSON.parse(text) } catch { json = undefined }
  if (answer.status >= 400) keepText('errors', text)
  return { status: answer.status, headers: answer.headers, text, json }
}

/** The admin API of the shared gateway. */
export async function admin (method: string, path: string, body?: unknown): Promise<Answer> {
  const { url, adminToken } = inject('gateway')
  const answer = await call(url + path, {
    method,
    headers: { Authorization: `Bearer ${adminToken}`, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) })
  })
  const sent = (body ?? {}) as { core_key?: unknown, headers?: unknown }
  keepSecrets(answer.json?.api_key, typeof sent.core_key === 'string' ? sent.core_key : undefined)
  if (path.endsWith('/webhook')) for (const value of Object.values(sent.headers ?? {})) keepSecrets(String(value))
  return answer
}

export interface Own {
  readonly url: string
  readonly instanceId: string
  /** Bound to the instance, with scope `*`. */
  readonly apiKey: string
  /** A call of the proxy with this key and instance; `body` is sent as it is when it is text. */
  proxy(method: string, path: string, body?: unknown): Promise<Answer>
}

function own (instanceId: string, apiKey: string): Own {
  const { url } = inject('gateway')
  return {
    url,
    instanceId,
    apiKey,
    async proxy (method, path, body) {
      const target = `${url}/proxy${path}${path.includes('?') ? '&' : '?'}instance_id=${instanceId}`
      return await call(target, {
        method,
        headers: { Authorization: `Bearer ${apiKey}`, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) })
      })
    }
  }
}

/** What a sandbox holds is gone with it. */
async function keepRowsOf (instanceId: string): Promise<void> {
  const db = openDatabase(inject('postgres'), 1)
  const { rows } = await db.query<{ schema: string | null }>('SELECT sandbox_schema AS schema FROM gateway.instances WHERE instance_id = $1', [instanceId])
  for (const { schema } of rows) if (schema !== null) await keepRows(db, schema, 'database-of-sandboxes')
  await db.close()
}

/** An instance of the test file's own on the shared gateway, removed when the file ends. Without a body: a sandbox. */
export async function ownInstance (instance: object = { name: 'of a test', sandbox: true }): Promise<Own> {
  const made = await admin('POST', '/admin/instances', instance)
  if (made.status !== 201) throw new Error(`no instance: ${made.status} ${made.text}`)
  const instanceId = made.json.instance_id as string
  const key = await admin('POST', '/admin/keys', { name: 'of a test', scopes: ['*'], instance_id: instanceId })
  if (key.status !== 201) throw new Error(`no key: ${key.status} ${key.text}`)
  afterAll(async () => {
    await keepRowsOf(instanceId)
    await admin('DELETE', `/admin/instances/${instanceId}`)
  })
  return own(instanceId, key.json.api_key as string)
}
