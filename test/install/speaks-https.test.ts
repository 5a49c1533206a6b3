import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { expect, test, vi } from 'vitest'
import { makeAuthority, makeLeaf } from '../../src/lib/certificates.js'
import { launch, run, start, workFolder } from '../house/command.js'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const cwd = workFolder()

async function serialAt (url: string): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port: Number(new URL(url).port), rejectUnauthorized: false })
  await once(socket, 'secureConnect')
  const { serialNumber } = socket.getPeerCertificate()
  socket.destroy()
  return serialNumber
}

test('TLS_CERT is served on every port, commands reach the gateway by it, and SIGHUP renews it', async () => {
  const authority = await makeAuthority('authority of a test')
  // Its name is not the address by which the commands reach it.
  const leaves = await Promise.all([makeLeaf(authority, ['gateway.test']), makeLeaf(authority, ['gateway.test'])])
  const put = ({ cert, key }: { cert: string, key: string }): void => {
    writeFileSync(join(cwd, 'cert.pem'), cert + authority.cert)
    writeFileSync(join(cwd, 'key.pem'), key)
  }
  put(leaves[0])
  const gateway = await start(['--data-dir', 'data'], { cwd, env: { TLS_CERT: 'cert.pem', TLS_KEY: 'key.pem', ADMIN_PORT: '0' } })
  expect([gateway.line.url.slice(0, 8), gateway.line.ca]).toEqual(['https://', null])
  const { admin_url: adminUrl } = JSON.parse(readFileSync(join(cwd, 'data', 'gateway.json'), 'utf8')) as { admin_url: string }
  const [first, second] = leaves.map(({ cert }) => new X509Certificate(cert).serialNumber)
  expect([await serialAt(gateway.line.url), await serialAt(adminUrl)]).toEqual([first, first])
  expect((await run(['status', '--data-dir', 'data'], { cwd })).stdout).toMatch(/gateway +UP/)
  const strange = await run(['status', '--data-dir', 'data', '--url', adminUrl], { cwd })
  expect([strange.code, strange.stderr]).toEqual([1, expect.stringMatching(/is not trusted .* NODE_EXTRA_CA_CERTS/)])
  put(leaves[1])
  gateway.child.kill('SIGHUP')
  while ((gateway.stderr().match(/valid until/g) ?? []).length < 2) await once(gateway.child.stderr!, 'data')
  expect([await serialAt(gateway.line.url), await serialAt(adminUrl)]).toEqual([second, second])
  expect((await run(['status', '--data-dir', 'data'], { cwd })).stdout).toMatch(/gateway +UP/)
  expect(await gateway.stop()).toBe(0)
})

test('--tls self-signed prints how to trust it, and what it prints works', async () => {
  const running = launch(['start', '--port', '0', '--ephemeral', '--tls', 'self-signed'], { cwd })
  const shown = await running.until(/curl[^\n]*\n[^\n]*curl[^\n]*\n/)
  const ca = /NODE_EXTRA_CA_CERTS='([^']+)'/.exec(shown)?.[1] as string
  const url = /Base URL +(https:\/\/\S+)/.exec(shown)?.[1] as string
  expect(shown).toContain(`curl --cacert '${ca}' -X POST '${url}/proxy/ledgers`)
  const socket = connect({ host: '127.0.0.1', port: Number(new URL(url).port), ca: readFileSync(ca) })
  await once(socket, 'secureConnect')
  expect(socket.authorized).toBe(true)
  socket.destroy()
  running.child.kill('SIGTERM')
  expect((await running.ended).code).toBe(0)
})
