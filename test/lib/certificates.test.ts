import { createHash, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer, type TLSSocket } from 'node:tls'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { makeAuthority, makeLeaf } from '../../src/lib/certificates.js'

const authority = await makeAuthority('authority of a test')

/** The peer's certificate as a client sees it that trusts only this authority. @throws when it does not trust it */
async function seen (cert: string, key: string, servername: string, ca = authority.cert): Promise<string> {
  const server = createServer({ cert, key }).listen(0, '127.0.0.1')
  server.on('tlsClientError', () => {})
  onTestFinished(() => { server.close() })
  await once(server, 'listening')
  const socket: TLSSocket = connect({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, ca, servername })
  onTestFinished(() => { socket.destroy() })
  await once(socket, 'secureConnect')
  return createHash('sha256').update(socket.getPeerCertificate().raw).digest('hex')
}

test('a leaf is trusted for its names through its authority, and by nobody else', async () => {
  const { cert, key } = await makeLeaf(authority, ['localhost', '127.0.0.1', '::1', 'gateway.test'])
  expect(new X509Certificate(cert).subjectAltName).toBe('DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1, DNS:gateway.test')
  expect(await seen(cert, key, 'gateway.test')).toBe(createHash('sha256').update(new X509Certificate(cert).raw).digest('hex'))
  await expect(seen(cert, key, 'elsewhere.test')).rejects.toThrow(/altnames/)
  await expect(seen(cert, key, 'gateway.test', (await makeAuthority('another')).cert)).rejects.toThrow(/signature|issuer|verify/)
})

test('an authority is one, a leaf is none, and each has a key and a serial number of its own', async () => {
  const leaves = await Promise.all([makeLeaf(authority, ['a.test']), makeLeaf(authority, ['a.test'])])
  const [one, two] = leaves.map(({ cert }) => new X509Certificate(cert)) as [X509Certificate, X509Certificate]
  const root = new X509Certificate(authority.cert)
  expect([root.ca, one.ca]).toEqual([true, false])
  expect(one.checkIssued(root)).toBe(true)
  expect(one.verify(root.publicKey)).toBe(true)
  expect(one.serialNumber).not.toBe(two.serialNumber)
  expect(leaves[0].key).not.toBe(leaves[1].key)
  expect(Date.parse(one.validTo) - Date.parse(one.validFrom)).toBe(825 * 24 * 3_600_000)
})

test('nothing is left in Reflect', () => {
  expect('getMetadata' in Reflect).toBe(false)
})
