import { onTestFinished } from 'vitest'
import { keepSecrets } from '../support/kept.js'
import { admin, type Answer } from '../support/gateway.js'
import { startUpstream, type Received, type Upstream } from '../support/upstream.js'

/** An answer of an app, as bytes. */
export const answer = (status: number, body = '{"ok":true}', more = ''): string =>
  `HTTP/1.1 ${status} X\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n${more}\r\n${body}`

export interface TestApp extends Upstream {
  readonly appId: string
  readonly signingSecret: string
  readonly manifest: Readonly<Record<string, unknown>>
  /** Bodies of requests to this path, as they came. */
  bodies(path: '/cb' | '/portal'): string[]
  install(instanceId: string, more?: object): Promise<Answer>
}

/** An app on a port of its own, and registered. */
export async function startTestApp (says: (request: Received) => string | Promise<string> | undefined = () => answer(200), more: object = {}): Promise<TestApp> {
  const server = await startUpstream((request, socket) => {
    for (const key of request.body.toString().match(/\bblnk_[\w-]{43}\b/g) ?? []) keepSecrets(key)
    Promise.resolve(says(request)).then((bytes) => { if (bytes !== undefined) socket.end(bytes, 'latin1') }, (error: Error) => { socket.destroy(error) })
  })
  onTestFinished(async () => { await server.close() })
  const manifest = { display_name: 'Test App', description: 'of a test', callback_url: `${server.origin}/cb`, portal_generator_url: `${server.origin}/portal`, permissions: ['data:read', 'data:write', 'alerts:write'], ...more }
  const made = await admin('POST', '/admin/apps', manifest)
  if (made.status !== 201) throw new Error(`not registered: ${made.text}`)
  const { app_id: appId, signing_secret: signingSecret } = made.json as { app_id: string, signing_secret: string }
  keepSecrets(signingSecret)
  return {
    ...server,
    appId,
    signingSecret,
    manifest,
    bodies: (path) => server.received.filter(({ line }) => line === `POST ${path} HTTP/1.1`).map(({ body }) => body.toString()),
    install: async (instanceId, asked = {}) => await admin('POST', `/admin/apps/${appId}/installs`, { instance_id: instanceId, ...asked })
  }
}
