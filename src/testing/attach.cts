// CommonJS, and nothing behind it: a test file of jest can load no other.

/**
 * Takes a sandbox of its own from a gateway that runs already, with a key bound to it, so that the workers of a test run
 * share one process.
 * @throws Error with the gateway's own sentence
 */
async function attachGateway (base: string, adminToken: string, seed?: unknown): Promise<attachGateway.TestGateway> {
  if (seed !== undefined) throw new Error('seed belongs to the gateway that is attached to: give it where that one is started')
  const url = base.replace(/\/+$/, '')
  async function admin<T> (method: string, path: string, body?: object): Promise<T> {
    const answer = await fetch(`${url}/admin${path}`, {
      method,
      headers: { Authorization: `Bearer ${adminToken}`, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
      body: body === undefined ? null : JSON.stringify(body)
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error((JSON.parse(text) as { error: string }).error)
    return (text === '' ? undefined : JSON.parse(text)) as T
  }
  const { instance_id: instanceId, ...core } = await admin<attachGateway.Made>('POST', '/instances', { name: 'of a test', sandbox: true })
  const { api_key: apiKey } = await admin<{ api_key: string }>('POST', '/keys', { name: 'of a test', scopes: ['*'], instance_id: instanceId })
  return {
    url,
    ca: null,
    apiKey,
    instanceId,
    adminToken,
    sandboxCoreUrl: core.sandbox_core_url,
    sandboxCoreKey: core.sandbox_core_key,
    reset: async () => { await admin('POST', `/instances/${instanceId}/reset`) },
    close: async () => { await admin('DELETE', `/instances/${instanceId}`) }
  }
}

declare namespace attachGateway {
  interface Made { readonly instance_id: string, readonly sandbox_core_url: string, readonly sandbox_core_key: string }

  interface TestGateway {
    /** The base URL, on a port of its own. */
    readonly url: string
    /** With the setting TLS=self-signed, a file with the authority to trust. */
    readonly ca: string | null
    /** An API key with scope `*`. */
    readonly apiKey: string
    /** The sandbox's instance id. */
    readonly instanceId: string
    readonly adminToken: string
    /** The sandbox itself, for clients that speak to a Core. */
    readonly sandboxCoreUrl: string
    readonly sandboxCoreKey: string
    /** Brings back the state just after the start: keys, instances, and a ledger that is empty or has the seed. */
    reset(): Promise<void>
    close(): Promise<void>
  }

  interface TestGatewayOptions {
    /** Settings by environment variable, such as `{ PROXY_ROUTES: 'any' }`. The process's own environment is not read. */
    readonly settings?: Readonly<Record<string, string>>
    /** What each new sandbox begins with: a file, or an object of the same shape (docs/seeds.md). */
    readonly seed?: string | object | undefined
    /** The base URL of a gateway that runs already, whose seed it has: takes a sandbox of its own from it, with a key bound to it. */
    readonly attach?: string | undefined
    /** That gateway's. */
    readonly adminToken?: string | undefined
  }
}

export = attachGateway
