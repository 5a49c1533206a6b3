import { expect, test } from 'vitest'
import { GatewayError } from '../../src/errors.js'
import type { Call } from '../../src/gateway/row.js'
import { revoke, token } from '../../src/oauth/token.js'

const reply = { headers: () => reply } as never

/** A gate that counts, and refuses from the third failure on. */
function callWith (failures: string[]): Call {
  const gate = {
    failed ({ ip }: { ip: string }) {
      failures.push(ip)
      if (failures.length > 2) throw new GatewayError('RATE_LIMITED')
    }
  }
  return { rooms: { gates: [gate], opened: { oauthClients: { live: async () => await Promise.resolve(null) } } } } as unknown as Call
}

test.each([['token', token], ['revoke', revoke]])('%s: clients that fail to authenticate themselves count for the gates, whose refusal is then the answer', async (_name, handler) => {
  const failures: string[] = []
  const call = callWith(failures)
  const attempt = async (body: object): Promise<unknown> => await handler({ headers: {}, body, ip: '192.0.2.7' } as never, reply, call)
  await expect(attempt({ client_id: 'a', client_secret: 'b' })).rejects.toMatchObject({ code: 'OAUTH_INVALID_CLIENT' })
  await expect(attempt({})).rejects.toMatchObject({ code: 'OAUTH_INVALID_CLIENT' })
  await expect(attempt({ client_id: 'a', client_secret: 'b' })).rejects.toMatchObject({ code: 'RATE_LIMITED' })
  // A parameter that came twice says nothing of who sent it.
  await expect(attempt({ client_id: ['a', 'b'] })).rejects.toMatchObject({ code: 'OAUTH_INVALID_REQUEST' })
  expect(failures).toEqual(['192.0.2.7', '192.0.2.7', '192.0.2.7'])
})
