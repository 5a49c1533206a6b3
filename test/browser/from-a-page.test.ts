import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type BrowserContext, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest'
import { ownInstance } from '../support/gateway.js'

// A browser takes its time on a busy machine.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const CHROMIUM = '/usr/bin/chromium'
const isThere = existsSync(CHROMIUM)
if (!isThere) console.warn(`skipped: ${CHROMIUM} is not installed (Debian: apt-get install chromium)`)

describe.skipIf(!isThere)('a browser', () => {
  const { url, adminToken } = inject('gateway')
  const folder = mkdtempSync(join(tmpdir(), 'blnk-gateway-browser-'))
  const site = createServer((_request, response) => { response.setHeader('Content-Type', 'text/html').end('<!doctype html><title>a page</title>') })
  let context: BrowserContext | undefined
  let origin: string

  beforeAll(async () => {
    site.listen(0, '127.0.0.1')
    await once(site, 'listening')
    origin = `http://localhost:${(site.address() as AddressInfo).port}`
    context = await chromium.launchPersistentContext(folder, {
      executablePath: CHROMIUM,
      headless: true,
      timeout: 100_000,
      viewport: { width: 1280, height: 900 },
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']
    })
  })
  afterAll(async () => {
    await context?.close()
    site.close()
    rmSync(folder, { recursive: true, force: true })
  })

  /** A new page that keeps where its requests went, and what it complained of. */
  async function open (address: string): Promise<{ page: Page, hosts: () => string[], complaints: string[] }> {
    const page = await context!.newPage()
    page.setDefaultTimeout(100_000)
    const asked: string[] = []
    const complaints: string[] = []
    page.on('request', (request) => { asked.push(request.url()) })
    page.on('console', (message) => { if (message.type() === 'error') complaints.push(message.text()) })
    page.on('pageerror', (error) => { complaints.push(error.message) })
    await page.goto(address)
    return { page, complaints, hosts: () => [...new Set(asked.map((each) => new URL(each)).filter(({ protocol }) => /^(https?|wss?):/.test(protocol)).map(({ host }) => host))] }
  }

  test('a page of another origin of this machine calls the proxy, and reads the reference', async () => {
    const { instanceId, apiKey } = await ownInstance()
    const { page } = await open(origin)
    const read = await page.evaluate(async ({ target, key }) => {
      const answer = await fetch(target, {
        method: 'POST',
        headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json', 'X-Request-Id': 'from-a-page' },
        body: JSON.stringify({ amount: 10, currency: 'USD', description: 'From a page', source: '@World', destination: '@Page', allow_overdraft: true })
      })
      return { status: answer.status, reference: answer.headers.get('X-Blnk-Reference'), id: answer.headers.get('X-Request-Id'), body: await answer.json() as { reference: string } }
    }, { target: `${url}/proxy/transactions?instance_id=${instanceId}`, key: apiKey })
    expect([read.status, read.id, read.reference]).toEqual([201, 'from-a-page', expect.stringMatching(/^ref_/)])
    expect(read.body.reference).toBe(read.reference)

    const refused = await page.evaluate(async (target) => {
      const answer = await fetch(target, { headers: { Authorization: 'Bearer blnk_nobody' } })
      return { status: answer.status, challenge: answer.headers.get('WWW-Authenticate') }
    }, `${url}/proxy/ledgers?instance_id=${instanceId}`)
    expect(refused).toEqual({ status: 401, challenge: expect.stringMatching(/^Bearer /) })
    await page.close()
  })

  test('it cannot call the admin API, with the token or without', async () => {
    const { page } = await open(origin)
    for (const headers of [{ Authorization: `Bearer ${adminToken}` }, {}] as Array<Record<string, string>>) {
      const outcome = await page.evaluate(async (asked) => await fetch(asked.target, { headers: asked.headers }).then(() => 'read', (error: Error) => error.message), { target: `${url}/admin/keys`, headers })
      expect(outcome).toBe('Failed to fetch')
    }
    await page.close()
  })

  test('/docs shows the routes, and asks nobody else', async () => {
    const { page, hosts, complaints } = await open(`${url}/docs`)
    await page.getByRole('heading', { name: 'Make a ledger' }).waitFor()
    await page.getByRole('textbox', { name: 'Search' }).fill('refund')
    await page.locator('[data-role="search:results"]').getByText(/refund/i).first().waitFor()
    expect(complaints).toEqual([])
    expect(hosts()).toEqual([new URL(url).host])
    expect(await page.locator('body').textContent()).toContain(`${url}/proxy/ledgers`)
    const picture = process.env['TEST_SCREENSHOT']
    if (picture !== undefined) await page.screenshot({ path: picture })
    await page.close()
  })
})
