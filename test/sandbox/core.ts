import { randomBytes } from 'node:crypto'
import { inject, onTestFinished } from 'vitest'
import { startCore, type Sandbox, type SandboxOptions } from '../../src/sandbox/core.js'
import type { LedgerToOpen } from '../../src/sandbox/serving.js'

export interface Answer { readonly status: number, readonly json: Record<string, unknown>, readonly text: string }

/** A ledger of its own on a sandbox of its own, over HTTP; gone when the test is over. */
export interface TestCore {
  readonly core: Sandbox
  readonly schema: string
  readonly key: string
  /** @param headers in place of the ledger's own key */
  send(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>
  close(): Promise<void>
}

export async function openCore ({ schema = `test_${randomBytes(6).toString('hex')}`, key = randomBytes(16).toString('hex'), keep = false, webhook = null, ...options }: Partial<SandboxOptions> & { readonly schema?: string, readonly key?: string, readonly keep?: boolean, readonly webhook?: LedgerToOpen['webhook'] } = {}): Promise<TestCore> {
  const core = await startCore({ database: inject('postgres'), host: '127.0.0.1', port: 0, logLevel: 'silent', ...options })
  await core.open({ schema, key, webhook })
  let closed = false
  const close = async (): Promise<void> => {
    if (closed) return
    closed = true
    if (!keep) await core.drop(schema)
    await core.close()
  }
  onTestFinished(close)
  return {
    core,
    schema,
    key,
    close,
    async send (method, path, body, headers = { 'X-Blnk-Key': key }) {
      const response = await fetch(core.url + path, { method, headers: { ...headers, 'Content-Type': 'application/json' }, ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }) })
      const text = await response.text()
      return { status: response.status, text, json: text.startsWith('{') ? JSON.parse(text) as Record<string, unknown> : {} }
    }
  }
}
