import { expect, test } from 'vitest'
import { buildOwnApp } from '../support/app.js'
import { call } from '../support/gateway.js'

test('before the database answers: alive, not ready, and 503 with Retry-After for everyone', async () => {
  const app = await buildOwnApp({ EPHEMERAL: 'true', SANDBOX: 'off' })
  const url = await app.listen()
  const answers = await Promise.all(['/health/live', '/health/ready', '/proxy/ledgers?instance_id=x', '/admin/keys'].map(async (path) => await call(url + path)))
  expect(answers.map(({ status }) => status)).toEqual([200, 503, 503, 503])
  for (const answer of answers.slice(1)) {
    expect(answer.headers.get('retry-after')).toBe('1')
    expect(answer.json.error_detail.code).toBe('GATEWAY_NOT_READY')
  }
  await app.started
  expect((await call(`${url}/health/ready`)).json).toEqual({ status: 'UP', database: 'UP', sandbox: 'OFF', audit: { queued: 0, lost: 0 } })
  await app.close()
})

test('a gateway that is told to stop while it starts stops', async () => {
  const app = await buildOwnApp({ EPHEMERAL: 'true', SANDBOX: 'off' })
  const url = await app.listen()
  await app.close()
  await expect(fetch(`${url}/health/live`)).rejects.toThrow()
})
