import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { ask } from './calls.js'
import { APP, gatewayCommand, STAND_IN, start, urlIn, type Running } from './processes.js'
import { reportOf } from './report.js'

/** A run as the app tells it, with counts as text. */
interface Run { readonly sync_id: string, readonly status: string, readonly error: string | null, readonly records_found: string, readonly records_posted: string, readonly alerts_raised: string }

interface GatewayLine { readonly url: string, readonly api_key: string, readonly admin_token: string, readonly instance_id: string }

const begun = performance.now()
const say = (...lines: readonly string[]): void => { for (const line of lines) console.log(line) }
const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`

const folder = mkdtempSync(join(tmpdir(), 'stripe-sync-'))
const running: Array<Running<unknown>> = []

async function started <Line> (args: readonly string[], env: Readonly<Record<string, string>>, reads: (line: string) => Line | undefined): Promise<Line> {
  const one = await start(args, { env: { HOME: folder, ...env }, reads, cwd: folder })
  running.push(one)
  return one.line
}

async function runAll (): Promise<void> {
  const gateway = await started([gatewayCommand(), 'start', '--ephemeral', '--port', '0', '--json', '--log-level', 'error'], {}, (line) => JSON.parse(line) as GatewayLine)
  say(`The gateway listens on ${gateway.url} (${seconds(begun)}).`)
  const stripe = process.env['STRIPE_API_KEY'] !== undefined
    ? { STRIPE_API_KEY: process.env['STRIPE_API_KEY'] }
    : { STRIPE_API_KEY: 'sk_test_stand_in', STRIPE_URL: await started([STAND_IN], { PORT: '0' }, urlIn) }
  say('STRIPE_URL' in stripe ? `Stripe's stand-in listens on ${stripe.STRIPE_URL}.` : 'Stripe is Stripe, as STRIPE_API_KEY is set.')
  const admin = async (method: string, path: string, body?: object) => await ask(gateway.admin_token, method, `${gateway.url}/admin${path}`, body)

  // The registration answers the secret that the app checks signatures with. Where the app listens is known once it runs.
  const manifest = JSON.parse(readFileSync(new URL('../../manifest.json', import.meta.url), 'utf8')) as { permissions: string[] }
  const { app_id: appId, signing_secret: signingSecret } = await admin('POST', '/apps', manifest)
  const app = await started([APP], {
    PORT: '0', DATA_DIR: 'memory://', LOG_LEVEL: 'info', APP_SECRET: randomBytes(32).toString('hex'), BLNK_BASE_URL: gateway.url, BLNK_SIGNING_SECRET: String(signingSecret), ...stripe
  }, urlIn)
  await admin('PUT', `/apps/${String(appId)}`, { callback_url: `${app}/api/callback`, portal_generator_url: `${app}/api/portal` })
  const { installed_app_id: installId, status } = await admin('POST', `/apps/${String(appId)}/installs`, { instance_id: gateway.instance_id, permissions: manifest.permissions })
  say(`The app listens on ${app}; its install ${String(installId)} is ${String(status)}.`)

  const { portal_url: portal } = await admin('POST', `/installs/${String(installId)}/launch`)
  const token = new URL(String(portal)).searchParams.get('token') ?? ''
  const ledger = { url: gateway.url, apiKey: gateway.api_key, instanceId: gateway.instance_id }

  const sync = async (): Promise<Run> => {
    const { sync_id: id } = await ask(token, 'POST', `${app}/api/sync`)
    for (;;) {
      const found = ((await ask(token, 'GET', `${app}/api/syncs`))['data'] as Run[]).find(({ sync_id: one }) => one === id)
      if (found?.status === 'completed') return found
      if (found?.status === 'failed') throw new Error(`the sync failed: ${found.error ?? ''}`)
      await wait(100)
    }
  }

  let before = performance.now()
  const first = await sync()
  say('', `First sync, ${seconds(before)}: ${first.records_found} records found, ${first.records_posted} posted, ${first.alerts_raised} alerts.`)
  const there = await reportOf(ledger)
  say(...there.lines)

  before = performance.now()
  const second = await sync()
  say('', `Second sync, ${seconds(before)}: ${second.records_found} records found, ${second.records_posted} posted, ${second.alerts_raised} alerts.`)
  const still = await reportOf(ledger)
  if (still.lines.join('\n') !== there.lines.join('\n')) throw new Error(`the second sync has changed the ledger:\n${still.lines.join('\n')}`)
  say('The ledger is the same: nothing was doubled.')

  await admin('DELETE', `/installs/${String(installId)}`)
  say('The app is uninstalled.')
}

try {
  await runAll()
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
} finally {
  for (const one of running.reverse()) await one.stop()
  rmSync(folder, { recursive: true, force: true })
}
say(`Everything is stopped, ${seconds(begun)} in all.`)
