import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Sync } from '../../examples/stripe-sync/app/store.js'
import type { Wanted } from '../../examples/stripe-sync/stand-in/objects.js'
import { start, workFolder, type Started } from '../house/command.js'
import { ROOT, textOf } from '../house/source-files.js'

// Six programs in turn, each of which takes its time on a busy machine.
vi.setConfig({ testTimeout: 5 * 60_000 })

const EXAMPLE = join(ROOT, 'examples/stripe-sync')
const folder = workFolder()

/** What a user's terminal shows; it compiles the example too. */
let shown: { readonly status: number | null, readonly stdout: string, readonly stderr: string }
let compiled: {
  readonly objects: typeof import('../../examples/stripe-sync/stand-in/objects.js')
  readonly money: typeof import('../../examples/stripe-sync/app/money.js')
  readonly blnk: typeof import('../../examples/stripe-sync/app/blnk.js')
  readonly json: typeof import('../../examples/stripe-sync/app/exact-json.js')
  readonly seal: typeof import('../../examples/stripe-sync/app/seal.js')
}

beforeAll(async () => {
  shown = spawnSync(process.execPath, [join(EXAMPLE, 'run.mjs')], { cwd: folder, env: { PATH: process.env['PATH'] ?? '', HOME: folder }, encoding: 'utf8' })
  const load = async (path: string): Promise<unknown> => await import(new URL(`../../examples/stripe-sync/dist/${path}`, import.meta.url).href)
  compiled = { objects: await load('stand-in/objects.js'), money: await load('app/money.js'), blnk: await load('app/blnk.js'), json: await load('app/exact-json.js'), seal: await load('app/seal.js') } as typeof compiled
})

type Sums = Map<string, bigint>
/** Stripe's currencies are in small letters, the ledger's in capitals. */
const add = (sums: Sums, name: string, amount: bigint): Sums => {
  const key = name.replace(/[a-z]{3}$/, (currency) => currency.toUpperCase())
  return sums.set(key, (sums.get(key) ?? 0n) + amount)
}
const sorted = (sums: Sums): Array<[string, bigint]> => [...sums].sort(([a], [b]) => a.localeCompare(b))

const accountOf = (wanted: Wanted) => {
  const account = compiled.objects.makeAccount(wanted)
  const intents = account.payment_intents.filter(({ status }) => status === 'succeeded')
  const payouts = account.payouts.filter(({ status }) => status === 'paid')
  return { ...account, intents, paid: payouts, records: account.customers.length + intents.length + payouts.length }
}

describe('the one command', () => {
  test('ends well, with what Stripe has in the ledger, once', () => {
    expect(shown.stderr).toBe('')
    expect(shown.status).toBe(0)
    const { intents, paid, records } = accountOf({ seed: 1, succeeded: 250, partial: 2 })
    expect(intents.length).toBe(250)
    const received: Sums = new Map()
    for (const { currency, amount_received: amount } of intents) add(received, currency, BigInt(amount))
    const paidOut: Sums = new Map()
    for (const { currency, amount } of paid) add(paidOut, currency, BigInt(amount))
    for (const [currency, amount] of received) {
      const out = paidOut.get(currency) ?? 0n
      const [line] = new RegExp(`^  ${currency}  received .*$`, 'm').exec(shown.stdout) ?? []
      const money = (minor: bigint): string => compiled.money.shown(minor, currency)
      expect(line?.replace(/ +/g, ' ')).toBe(` ${currency} received ${money(amount)} paid out ${money(out)} at Stripe ${money(amount - out)}`)
    }
    expect([...received.keys()].sort()).toEqual(['EUR', 'GBP', 'JPY', 'KWD', 'USD'])
    expect(shown.stdout).toMatch(new RegExp(`First sync, .*: ${records} records found, ${records} posted, 2 alerts`))
    expect(shown.stdout).toMatch(new RegExp(`Second sync, .*: ${records} records found, 0 posted, 0 alerts`))
    expect(shown.stdout).toContain(`Transactions in the ledger: ${intents.length + paid.length}\n`)
    expect(shown.stdout).toContain('nothing was doubled')
    expect(shown.stdout).toContain('Alerts (2):')
  })

  test('leaves nothing running', async () => {
    const addresses = shown.stdout.match(/http:\/\/127\.0\.0\.1:\d+/g) ?? []
    expect(addresses.length).toBe(3)
    for (const address of addresses) await expect(fetch(address), address).rejects.toThrow('fetch failed')
  })

  test('stands in a folder that can be copied, with the versions that it is tested with', () => {
    const { dependencies, devDependencies } = JSON.parse(textOf('examples/stripe-sync/package.json')) as Record<string, Record<string, string>>
    const root = JSON.parse(textOf('package.json')) as Record<string, Record<string, string>>
    for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) expect({ ...root['dependencies'], ...root['devDependencies'] }[name], name).toBe(version)
  })
})

interface Program { readonly child: ChildProcess, readonly url: string, until(pattern: RegExp, times?: number): Promise<void>, stop(signal?: NodeJS.Signals): Promise<number | null> }

const programs = new Set<ChildProcess>()
afterAll(() => { for (const child of programs) child.kill('SIGKILL') })

/** A program of the example, once it listens. */
async function open (args: readonly string[], env: Readonly<Record<string, string>>): Promise<Program> {
  const child = spawn(process.execPath, args, { cwd: folder, env: { PATH: process.env['PATH'] ?? '', PORT: '0', ...env }, stdio: ['ignore', 'pipe', 'inherit'] })
  programs.add(child)
  let printed = ''
  const ended = once(child, 'close').then(([code]) => {
    programs.delete(child)
    return code as number | null
  })
  child.stdout.setEncoding('utf8').on('data', (text: string) => { printed += text })
  const until = async (pattern: RegExp, times = 1): Promise<void> => {
    await new Promise<void>((resolve, reject) => {
      const look = (): void => { if ((printed.match(new RegExp(pattern, 'g')) ?? []).length >= times) resolve() }
      child.stdout.on('data', look)
      look()
      ended.then(() => { reject(new Error(`ended before ${String(pattern)}: ${printed.slice(-2_000)}`)) }, reject)
    })
  }
  await until(/"url":"/)
  const [, url = ''] = /"url":"([^"]+)"/.exec(printed) ?? []
  return { child, url, until, stop: async (signal = 'SIGTERM') => { child.kill(signal); return await ended } }
}

interface Row { readonly transaction_id: string, readonly reference: string, readonly precise_amount: string, readonly currency: string, readonly meta_data: Record<string, unknown> | null }
interface Balance { readonly indicator: string | null, readonly currency: string, readonly balance: string, readonly identity_id: string | null }

describe('an app that is killed in the middle of a sync', () => {
  const WANTED = { seed: 7, succeeded: 150, partial: 3 }
  let gateway: Started
  let standIn: Program
  let app: Program
  let environment: Record<string, string>
  let install: { installed_app_id: string, api_key: string }
  let session = ''
  /** Of the intent whose reference somebody else has used, with another amount. */
  let taken = { id: '', currency: '', amount: 0n, posted: 0n }

  const ask = async (token: string, method: string, url: string, body?: object): Promise<{ status: number, json: Record<string, unknown> }> => {
    const answer = await fetch(url, { method, headers: { Authorization: `Bearer ${token}`, ...(body !== undefined && { 'Content-Type': 'application/json' }) }, body: body === undefined ? null : JSON.stringify(body) })
    return { status: answer.status, json: compiled.json.readExact(await answer.text()) as Record<string, unknown> }
  }
  const admin = async (method: string, path: string, body?: object) => (await ask(gateway.line.admin_token, method, `${gateway.line.url}/admin${path}`, body)).json
  const list = async <T>(path: string): Promise<T[]> => {
    const found: T[] = []
    for (let page = 1; ; page++) {
      const { data, total } = (await ask(gateway.line.api_key as string, 'GET', `${gateway.line.url}${path}${path.includes('?') ? '&' : '?'}instance_id=${gateway.line.instance_id}&pageSize=100&page=${page}`)).json
      found.push(...data as T[])
      if ((data as T[]).length === 0 || found.length >= Number(total)) return found
    }
  }
  const applied = async (): Promise<Row[]> => await list<Row>('/data/transactions?status_eq=APPLIED')
  const syncs = async (): Promise<Sync[]> => (await (await fetch(`${app.url}/api/syncs`, { headers: { Authorization: `Bearer ${session}` } })).json() as { data: Sync[] }).data
  const tellGateway = async (): Promise<void> => {
    const [found] = (await admin('GET', '/apps'))['data'] as Array<{ app_id: string }>
    await admin('PUT', `/apps/${found?.app_id ?? ''}`, { callback_url: `${app.url}/api/callback`, portal_generator_url: `${app.url}/api/portal` })
  }
  const APP = join(EXAMPLE, 'dist/app/main.js')

  beforeAll(async () => {
    gateway = await start(['--ephemeral'], { cwd: folder })
    standIn = await open([join(EXAMPLE, 'dist/stand-in/main.js')], { SEED: String(WANTED.seed), SUCCEEDED: String(WANTED.succeeded), PARTIAL: String(WANTED.partial) })
    const registered = await admin('POST', '/apps', JSON.parse(textOf('examples/stripe-sync/manifest.json')) as object)
    environment = {
      DATA_DIR: join(folder, 'app'), APP_SECRET: 'ab'.repeat(32), LOG_LEVEL: 'debug', BLNK_BASE_URL: gateway.line.url, BLNK_SIGNING_SECRET: String(registered['signing_secret']), STRIPE_API_KEY: 'sk_test_1', STRIPE_URL: standIn.url
    }
    app = await open([APP], environment)
    await tellGateway()
    install = await admin('POST', `/apps/${String(registered['app_id'])}/installs`, { instance_id: gateway.line.instance_id, reveal_key: true }) as unknown as typeof install
    const { portal_url: portal } = await admin('POST', `/installs/${install.installed_app_id}/launch`)
    session = new URL(String(portal)).searchParams.get('token') ?? ''
  })
  afterAll(async () => { await gateway.stop() })

  test('its portal opens, for whom it was opened', async () => {
    const page = await fetch(`${app.url}/?token=${session}`)
    expect(page.status).toBe(200)
    expect(page.headers.get('Content-Security-Policy')).toContain("frame-ancestors 'self' https://blnkfinance.com https://*.blnkfinance.com")
    expect(await page.text()).toContain('Sync now')
    expect(await syncs()).toEqual([])
    expect((await fetch(`${app.url}/?token=another`)).status).toBe(401)
    expect((await ask('another', 'POST', `${app.url}/api/sync`)).status).toBe(401)
  })

  test('believes nobody without the signature', async () => {
    const event = { installed_app_id: install.installed_app_id, app_id: 'app_1', instance_id: gateway.line.instance_id, idempotency_key: `uninstall:${install.installed_app_id}` }
    for (const path of ['/api/callback', '/api/portal']) expect((await ask('', 'POST', app.url + path, event)).status, path).toBe(401)
    expect(await syncs()).toEqual([])
  })

  test('is killed with a part of it in the ledger', async () => {
    const intent = accountOf(WANTED).intents[40]
    taken = { id: intent?.id ?? '', currency: intent?.currency.toUpperCase() ?? '', amount: BigInt(intent?.amount_received ?? 0), posted: 4_242n }
    const { status } = await gateway.proxy('POST', '/transactions', {
      precise_amount: Number(taken.posted), precision: compiled.money.precisionOf(taken.currency), reference: taken.id, currency: taken.currency, source: '@by_hand', destination: '@somebody', description: 'By hand', allow_overdraft: true, skip_queue: true
    })
    expect(status).toBe(201)

    expect((await ask(session, 'POST', `${app.url}/api/sync`)).status).toBe(202)
    // In the second page: the first one's end is noted.
    await app.until(/"reference":"pi_\w+","msg":"posted"/, 110)
    await app.stop('SIGKILL')
    const there = (await applied()).length
    expect(there).toBeGreaterThan(50)
    expect(there).toBeLessThan(WANTED.succeeded)
  })

  test('goes on where it was when it is started again, and knows that a session of before has expired', async () => {
    app = await open(['--import', 'data:text/javascript,const now = Date.now; Date.now = () => now() + 16 * 60_000', APP], environment)
    await app.until(/"msg":"sync completed"/)
    const page = await fetch(`${app.url}/?token=${session}`)
    expect([page.status, await page.text()]).toEqual([410, expect.stringContaining('expired')])
    expect(await ask(session, 'POST', `${app.url}/api/sync`)).toEqual({ status: 410, json: { error: expect.stringContaining('expired') } })
    expect(await app.stop()).toBe(0)

    app = await open([APP], environment)
    await tellGateway()
    const { records } = accountOf(WANTED)
    expect(await syncs()).toMatchObject([{ status: 'completed', records_found: records, records_posted: records, alerts_raised: 4, error: null }])
  })

  test('has each payment and payout in the ledger once, to the cent', async () => {
    const { intents, paid } = accountOf(WANTED)
    const rows = await applied()
    expect(rows.map(({ reference }) => reference.replace(/_q$/, '')).sort()).toEqual([...intents, ...paid].map(({ id }) => id).sort())

    const ledger: Sums = new Map()
    for (const { currency, precise_amount: amount } of rows.filter(({ reference }) => reference.startsWith('pi_'))) add(ledger, currency, BigInt(amount))
    const stripe: Sums = new Map()
    for (const { currency, amount_received: amount } of intents) add(stripe, currency, BigInt(amount))
    expect(sorted(ledger)).toEqual(sorted(add(stripe, taken.currency, taken.posted - taken.amount)))

    const wanted: Sums = new Map()
    for (const { currency, amount_received: amount, customer, id } of intents) if (id !== taken.id) add(wanted, `${customer === null ? '@stripe_guest' : `@${customer}`} ${currency}`, BigInt(amount))
    for (const { currency, amount_received: amount, id } of intents) if (id !== taken.id) add(wanted, `@stripe ${currency}`, -BigInt(amount))
    for (const { currency, amount } of paid) add(add(wanted, `@stripe ${currency}`, BigInt(amount)), `@bank ${currency}`, -BigInt(amount))
    // The balance that a refused duplicate names is made, and stays empty.
    const balances = (await list<Balance>('/data/balances')).filter(({ indicator, balance }) => indicator !== null && !['@by_hand', '@somebody'].includes(indicator) && balance !== '0')
    const held: Sums = new Map()
    for (const { indicator, currency, balance } of balances) add(held, `${indicator ?? ''} ${currency}`, BigInt(balance))
    expect(sorted(held)).toEqual(sorted(wanted))
  })

  test('has an identity for each customer, and its balances are linked to it', async () => {
    const identities = await list<{ identity_id: string, meta_data: { stripe_customer_id: string } }>('/data/identities')
    expect(identities.map(({ meta_data: { stripe_customer_id: id } }) => id).sort()).toEqual(accountOf(WANTED).customers.map(({ id }) => id).sort())
    const owners = new Map(identities.map((one) => [`@${one.meta_data.stripe_customer_id}`, one.identity_id]))
    const balances = (await list<Balance>('/data/balances')).filter(({ indicator, balance }) => indicator?.startsWith('@cus_') === true && balance !== '0')
    expect(balances.length).toBeGreaterThan(30)
    for (const { indicator, identity_id: id } of balances) expect(id).toBe(owners.get(indicator ?? ''))
  })

  test('has written on each transaction what it is at Stripe', async () => {
    const charges = new Map(accountOf(WANTED).intents.map(({ id, latest_charge: charge }) => [id, charge]))
    for (const { reference, meta_data: metadata } of (await applied()).filter((row) => row.reference.startsWith('pi_'))) {
      expect(metadata, reference).toMatchObject({ stripe_charge_id: charges.get(reference.replace(/_q$/, '')), stripe_metadata: { order_id: expect.stringMatching(/^order_/) as string } })
    }
  })

  test('has flagged what does not match, once', async () => {
    const rows = new Map((await applied()).map((row) => [row.reference.replace(/_q$/, ''), row.transaction_id]))
    const partial = accountOf(WANTED).intents.filter(({ amount, amount_received: received }) => amount !== received).map(({ id }) => id)
    const alerts = await list<{ title: string, affected_transactions: string[] }>('/alerts')
    expect(alerts.map(({ title, affected_transactions: [id] }) => [title, id]).sort()).toEqual([
      ...partial.map((id) => ['Stripe received another amount than was asked', rows.get(id)]),
      ['The ledger has another amount than Stripe', rows.get(taken.id)]
    ].sort())
    expect(partial.length).toBe(3)
  })

  test('doubles nothing when it syncs again', async () => {
    const before = await Promise.all([applied(), list('/data/balances'), list('/alerts')])
    await ask(session, 'POST', `${app.url}/api/sync`)
    await app.until(/"msg":"sync completed"/)
    expect(await Promise.all([applied(), list('/data/balances'), list('/alerts')])).toEqual(before)
    expect((await syncs())[0]).toMatchObject({ records_found: accountOf(WANTED).records, records_posted: 0, alerts_raised: 0 })
  })

  test('forgets everything when it is uninstalled, and its key is refused', async () => {
    const read = async (): Promise<number> => (await ask(install.api_key, 'GET', `${gateway.line.url}/data/ledgers?instance_id=${gateway.line.instance_id}`)).status
    expect(await read()).toBe(200)
    expect(await admin('DELETE', `/installs/${install.installed_app_id}`)).toMatchObject({ status: 'uninstalled' })
    expect(await read()).toBe(401)
    expect((await fetch(`${app.url}/?token=${session}`)).status).toBe(401)
    expect(await app.stop()).toBe(0)
    expect(await standIn.stop()).toBe(0)
  })
})

describe('the parts of the app', () => {
  test('a request is sent again after 429 and 503, when the answer says so', async () => {
    const answers: ReadonlyArray<readonly [number, Record<string, string>]> = [[429, { 'Retry-After': '0' }], [503, { 'Retry-After': new Date(0).toUTCString() }], [201, {}], [400, {}]]
    const bodies: string[] = []
    const server = createServer((request, reply) => {
      const [status, headers] = answers[bodies.length] as (typeof answers)[number]
      let body = ''
      request.on('data', (chunk) => { body += String(chunk) }).on('end', () => {
        bodies.push(body)
        reply.writeHead(status, headers).end(status === 201 ? '{"precise_amount": 12345678901234567890, "text": "1 of 2"}' : '{"error": "No."}')
      })
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const waits: number[] = []
    const blnk = compiled.blnk.createBlnk({ baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, apiKey: 'blnk_1', instanceId: 'inst_1', signal: new AbortController().signal, onRetry: (_why, ms) => { waits.push(ms) } })
    const body = { precise_amount: 12_345_678_901_234_567_890n, description: '1' }
    expect(await blnk.call('POST', '/proxy/transactions', { body })).toEqual({ precise_amount: '12345678901234567890', text: '1 of 2' })
    expect(waits).toEqual([0, 0])
    expect(new Set(bodies)).toEqual(new Set(['{"precise_amount":12345678901234567890,"description":"1"}']))
    await expect(blnk.call('GET', '/data/ledgers')).rejects.toThrow('No.')
    server.close()
  })

  test('a currency has the decimals that Stripe gives it', () => {
    const { precisionOf, shown: text, minorUnits } = compiled.money
    expect(['usd', 'JPY', 'krw', 'kwd', 'TND', 'isk', 'ugx'].map(precisionOf)).toEqual([100, 1, 1, 1000, 1000, 100, 100])
    expect([text(5n, 'usd'), text(-12_345n, 'EUR'), text(500n, 'jpy'), text(5_120n, 'kwd')]).toEqual(['0.05 USD', '-123.45 EUR', '500 JPY', '5.120 KWD'])
    expect(() => minorUnits(2 ** 53)).toThrow('no whole number')
    expect(() => minorUnits(0.5)).toThrow('no whole number')
  })

  test('a sealed key opens with the secret, for the install that it is of', () => {
    const { seal, open: unseal } = compiled.seal
    const secret = Buffer.alloc(32, 1)
    const sealed = seal(secret, 'blnk_key', 'instapp_1')
    expect(sealed.includes('blnk_key')).toBe(false)
    expect(unseal(secret, sealed, 'instapp_1')).toBe('blnk_key')
    expect(() => unseal(secret, sealed, 'instapp_2')).toThrow()
    expect(() => unseal(Buffer.alloc(32, 2), sealed, 'instapp_1')).toThrow()
  })
})
