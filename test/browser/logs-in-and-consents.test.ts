import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type BrowserContext, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest'
import { admin, call } from '../support/gateway.js'
import { keepSecrets } from '../support/kept.js'

// A browser takes its time on a busy machine.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const CHROMIUM = '/usr/bin/chromium'
const isThere = existsSync(CHROMIUM)
if (!isThere) console.warn(`skipped: ${CHROMIUM} is not installed (Debian: apt-get install chromium)`)

/** A folder for pictures of the pages: what they look like is for people to judge. */
const PICTURES = process.env['TEST_SCREENSHOTS']

describe.skipIf(!isThere)('a person with a browser', () => {
  const { url, adminToken } = inject('gateway')
  const folder = mkdtempSync(join(tmpdir(), 'blnk-gateway-person-'))
  let markup = '<!doctype html><title>An application</title>'
  /** Of an application on another host of this machine. */
  const application = createServer((_request, response) => { response.setHeader('Content-Type', 'text/html').end(markup) })
  let context: BrowserContext
  let page: Page
  let origin: string
  let client: { client_id: string, client_secret: string }
  const complaints: string[] = []

  beforeAll(async () => {
    application.listen(0, '127.0.0.1')
    await once(application, 'listening')
    origin = `http://localhost:${(application.address() as AddressInfo).port}`
    const made = await admin('POST', '/admin/oauth/clients', { name: 'Books & <b>Balances</b>', scopes: ['proxy:read', 'proxy:write'] })
    client = made.json
    keepSecrets(client.client_secret)
    context = await chromium.launchPersistentContext(folder, {
      executablePath: CHROMIUM,
      headless: true,
      timeout: 100_000,
      viewport: { width: 1000, height: 720 },
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']
    })
    page = await context.newPage()
    page.setDefaultTimeout(100_000)
    page.on('console', (message) => { if (message.type() === 'error') complaints.push(message.text()) })
    page.on('pageerror', (error) => { complaints.push(error.message) })
  })
  afterAll(async () => {
    await context.close()
    application.close()
    rmSync(folder, { recursive: true, force: true })
  })

  async function picture (name: string): Promise<void> {
    if (PICTURES === undefined) return
    for (const [colorScheme, width] of [['light', 1000], ['dark', 1000], ['light', 340]] as const) {
      await page.emulateMedia({ colorScheme })
      await page.setViewportSize({ width, height: 720 })
      await page.screenshot({ path: join(PICTURES, `${name}-${colorScheme}-${width}.png`) })
    }
    await page.setViewportSize({ width: 1000, height: 720 })
  }

  const request = (state: string): string => `${url}/oauth/authorize?${new URLSearchParams({ response_type: 'code', client_id: client.client_id, redirect_uri: `${origin}/callback`, state }).toString()}`

  /** What the application finds in its address. */
  async function back (): Promise<URLSearchParams> {
    await page.waitForURL(`${origin}/callback?**`)
    return new URL(page.url()).searchParams
  }

  test('who comes by a link of another site and is not logged in logs in first', async () => {
    markup = `<!doctype html><title>An application</title><a href="${request('state-1').replaceAll('&', '&amp;')}">Connect</a>`
    await page.goto(origin)
    await page.getByRole('link', { name: 'Connect' }).click()
    await picture('login')
    await page.getByLabel('Admin token').fill('not the admin token of this gateway')
    await page.getByRole('button', { name: 'Log in' }).click()
    expect(await page.getByRole('alert').textContent()).toBe('This is not the admin token.')
    await picture('wrong')
    await page.getByLabel('Admin token').fill(adminToken)
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Allow Books & <b>Balances</b>?' }).waitFor()
    await picture('consent')
    // The answer 401 is written there too.
    expect(complaints.splice(0).filter((one) => !one.includes('401'))).toEqual([])
  })

  test('who denies is sent back with an error, and with nothing else', async () => {
    await page.getByRole('button', { name: 'Deny' }).click()
    const answer = await back()
    expect([answer.get('error'), answer.get('state'), answer.get('code')]).toEqual(['access_denied', 'state-1', null])
  })

  test('who allows is sent back with a code, which gives a token that reads the ledger', async () => {
    // By a link again: the session is there, so nobody logs in.
    markup = `<!doctype html><title>An application</title><a href="${request('state-2').replaceAll('&', '&amp;')}">Connect</a>`
    await page.goto(origin)
    await page.getByRole('link', { name: 'Connect' }).click()
    await page.getByRole('button', { name: 'Allow' }).click()
    const answer = await back()
    expect([answer.get('state'), answer.get('error')]).toEqual(['state-2', null])
    const { status, json } = await call(`${url}/oauth/token`, {
      method: 'POST',
      headers: { Authorization: `Basic ${Buffer.from(`${client.client_id}:${client.client_secret}`).toString('base64')}`, 'Content-Type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ grant_type: 'authorization_code', code: answer.get('code') as string, redirect_uri: `${origin}/callback` }).toString()
    })
    keepSecrets(answer.get('code'), json.access_token, json.refresh_token)
    expect([status, json.scope]).toEqual([200, 'proxy:read proxy:write'])
    expect((await call(`${url}/proxy/ledgers?instance_id=${inject('gateway').instanceId}`, { headers: { Authorization: `Bearer ${String(json.access_token)}` } })).status).toBe(200)
    expect(complaints.splice(0)).toEqual([])
  })

  test('another page can neither show a page of the gateway in a frame, nor send its forms', async () => {
    markup = `<!doctype html><title>An application</title><iframe src="${url}/login"></iframe><form method="post" action="${url}/logout"><input name="csrf_token" value="guessed"><button>A prize</button></form>`
    const framed = page.waitForEvent('console', (message) => message.text().includes('frame-ancestors'))
    await page.goto(origin)
    await framed
    await page.getByRole('button', { name: 'A prize' }).click()
    await page.waitForURL(`${url}/**`)
    // Lax cookies do not come with a form of another site, and those of another port of this machine are refused by what the browser says.
    await page.goto(`${url}/login`)
    await page.getByRole('heading', { name: 'You are logged in' }).waitFor()
    complaints.splice(0)
  })

  test('who logs out is asked to log in again', async () => {
    await picture('logged-in')
    const [session] = (await context.cookies(url)).filter(({ name }) => name === 'blnk_session')
    keepSecrets(session?.value)
    expect(session).toMatchObject({ httpOnly: true, sameSite: 'Lax', path: '/' })
    await page.getByRole('button', { name: 'Log out' }).click()
    await page.getByLabel('Admin token').waitFor()
    await page.goto(request('state-3'))
    await page.getByLabel('Admin token').waitFor()
    expect(new URL(page.url()).pathname).toBe('/login')
    expect(complaints).toEqual([])
  })
})
