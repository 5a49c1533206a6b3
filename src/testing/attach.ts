import type { TestGateway } from './index.js'

interface Made { readonly instance_id: string, readonly sandbox_core_url: string, readonly sandbox_core_key: string }

/**
 * Takes a sandbox of its own from a gateway that runs already, with a key bound to it, so that the workers of a test run
 * share one process.
 * @throws Error with the gateway's own sentence
 */
export async function attachGateway (url: string, adminToken: string): Promise<TestGateway> {
  const admin = async <T>(method: string, path: string, body?: object): Promise<T> => {
    const answer = await fetch(`${url}/admin${path}`, {
      method,
      headers: { Authorization: `Bearer ${adminToken}`, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
      body: body === undefined ? null : JSON.stringify(body)
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error((JSON.parse(text) as { error: string }).error)
    return (text === '' ? undefined : JSON.parse(text)) as T
  }
  const { instance_id: instanceId, ...core } = await admin<Made>('POST', '/instances', { name: 'of a test', sandbox: true })
  const { api_key: apiKey } = await admin<{ api_key: string }>('POST', '/keys', { name: 'of a test', scopes: ['*'], instance_id: instanceId })
  return {
    url,
    apiKey,
    instanceId,
    adminToken,
    sandboxCoreUrl: core.sandbox_core_url,
    sandboxCoreKey: core.sandbox_core_key,
    reset: async () => { await admin('POST', `/instances/${instanceId}/reset`) },
    close: async () => { await admin('DELETE', `/instances/${instanceId}`) }
  }
}
