import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { PERMISSIONS, type Manifest } from '../apps/manifest.js'
import type { App, Delivery, Install } from '../apps/store.js'
import { isLoopback } from '../config.js'
import { appPath, deliveryLine, deliveryText, installPath, permissionsIn, withQuery, type Registered } from './apps.js'
import { deliveryOfRefusal } from './apps-trigger.js'
import { watchApp } from './apps-watch.js'
import { addressOf, admin, CliError, Refused, type Where } from './admin.js'
import { jsonText } from './json-text.js'
import { lineOf } from './requests.js'

export interface DevOptions extends Where {
  readonly callback: string
  readonly portal?: string
  readonly permissions?: string
  readonly instance?: string
  readonly name?: string
  readonly keep?: boolean
  readonly json?: boolean
}

type Revealed = Install & { readonly api_key: string }

/** What it registers is told by this from what somebody registered to last, which it leaves alone. */
const OF_DEV = 'An app under development.'

/** Milliseconds between two looks whether the app is there. */
const AGAIN_MS = 1_000

type Show = (text: string, json: object) => void

const shower = ({ json }: DevOptions): Show => (text, members) => { process.stdout.write(`${json === true ? jsonText(members) : text}\n`) }

/** Ctrl+C, or whoever read the output has gone: from here on neither ends the process by itself. A second signal does. */
function untilEnded (): AbortSignal {
  const ending = new AbortController()
  const end = (): void => { ending.abort() }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, end)
  process.stdout.on('error', end)
  return ending.signal
}

/** `localhost:5002/api` is a URL too, of the scheme localhost. */
const isWeb = (text: string): boolean => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)

function manifestOf ({ callback, portal, permissions, name }: DevOptions): Manifest {
  for (const [option, url] of [['callback', callback], ['portal', portal]] as const) {
    if (url !== undefined && !isWeb(url)) throw new CliError(`--${option} must be a URL such as http://localhost:5002/api/${option}, and is ${url}`)
  }
  return {
    display_name: name ?? `App at ${new URL(callback).host}`,
    description: OF_DEV,
    callback_url: callback,
    portal_generator_url: portal ?? new URL('portal', callback).href,
    permissions: permissions === undefined ? PERMISSIONS : permissionsIn(permissions)
  }
}

async function sandboxOf (where: Where): Promise<string> {
  const { data } = await admin<{ data: Array<{ instance_id: string, kind: string }> }>(where, 'GET', '/admin/instances')
  const sandbox = data.find(({ kind }) => kind === 'sandbox')
  if (sandbox === undefined) throw new CliError('this gateway has no sandbox: name an instance with --instance, or make a sandbox with blnk-gateway instances add --sandbox NAME')
  return sandbox.instance_id
}

/** @returns the app; with its signing secret where it is new */
async function registered (where: Where, manifest: Manifest): Promise<App & { readonly signing_secret?: string }> {
  const { data } = await admin<{ data: App[] }>(where, 'GET', '/admin/apps')
  const known = data.find((one) => one.callback_url === manifest.callback_url)
  if (known !== undefined && known.description !== OF_DEV) {
    throw new CliError(`${known.app_id} (${known.display_name}) is registered with this callback already, and not by apps dev: give this another --callback, or first remove that one with blnk-gateway apps remove ${known.app_id}`)
  }
  return known === undefined ? await admin<Registered>(where, 'POST', '/admin/apps', manifest) : await admin<App>(where, 'PUT', appPath(known.app_id), manifest)
}

/** Its uninstall is sent to the app, and holds whatever that says. */
async function uninstallThere (where: Where, app: string, instance: string): Promise<Install[]> {
  const { data } = await admin<{ data: Install[] }>(where, 'GET', withQuery('/admin/installs', { app_id: app, instance_id: instance }))
  const active = data.filter(({ status }) => status === 'active')
  for (const one of active) await admin(where, 'DELETE', withQuery(installPath(one.installed_app_id), { force: 'true' }))
  return active
}

/** Whether somebody listens; null where it cannot be seen from here. A try of the gateway's own makes a key and an entry of the audit log each time. */
async function listens (where: Where, callback: string): Promise<boolean | null> {
  const { hostname, port, protocol } = new URL(callback)
  const host = hostname.replace(/^\[|\]$/g, '')
  if (!isLoopback(host) || !isLoopback(new URL(addressOf(where).url).hostname.replace(/^\[|\]$/g, ''))) return null
  const socket = connect({ host, port: Number(port === '' ? protocol === 'https:' ? 443 : 80 : port) })
  socket.on('error', () => {})
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(AGAIN_MS) })
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

interface Session extends DevOptions { readonly appId: string, readonly instanceId: string, readonly ended: AbortSignal, readonly show: Show }

function notTaken (made: Delivery): CliError {
  const isUnsigned = made.response_status === 401 || made.response_status === 403
  const hint = isUnsigned ? '\n\nWhere it checks signatures: start this first, and then the app with the signing secret that this shows.' : ''
  return new CliError(`the app did not take its install, mend its callback and start this again:\n\n${deliveryText(made)}${hint}`)
}

/** Installs, as soon as the app can be reached. @returns null where it was ended before */
async function installed (session: Session): Promise<Revealed | null> {
  const { appId, instanceId, callback, ended, show } = session
  for (let tries = 0; !ended.aborted;) {
    const there = tries === 0 ? null : await listens(session, callback)
    if (there !== false) {
      const made = await admin<Revealed>(session, 'POST', `${appPath(appId)}/installs`, { instance_id: instanceId, reveal_key: true }).catch(async (error: unknown) => await deliveryOfRefusal(session, error))
      if ('api_key' in made) return made
      // Who listens and is not reached for all that speaks something else.
      if (made.verdict !== 'not_reached' || there === true) throw notTaken(made)
      if (tries++ === 0) show(`${callback} is not reached (${made.error ?? ''}): start the app; it is installed as soon as it answers.`, { waiting: { delivery: made } })
    }
    await wait(AGAIN_MS, undefined, { signal: ended }).catch(() => {})
  }
  return null
}

const EXAMPLES: Readonly<Record<string, (url: string, query: string) => string>> = {
  'data:read': (url, query) => `curl -s "${url}/data/ledgers${query}" -H "Authorization: Bearer $APP_KEY"`,
  'data:write': (url, query) => `curl -s "${url}/proxy/ledgers${query}" -H "Authorization: Bearer $APP_KEY" --json '{"name": "Of the app"}'`,
  'alerts:read': (url) => `curl -s "${url}/alerts" -H "Authorization: Bearer $APP_KEY"`
}

function introduction ({ callersUrl }: { readonly callersUrl: string }, { installed_app_id: id, instance_id: instance, api_key: key, granted_permissions: granted }: Revealed): string {
  return [
    `${id} is installed on ${instance} with ${granted.join(', ')}.`, '',
    `  App key         ${key}`, '',
    'As the app:', '',
    `  APP_KEY=${key}`,
    ...granted.flatMap((one) => EXAMPLES[one] === undefined ? [] : [`  ${EXAMPLES[one](callersUrl, `?instance_id=${instance}`)}`]), '',
    'As whoever uses it:', '',
    `  blnk-gateway apps trigger launch --install ${id}`,
    `  blnk-gateway apps trigger uninstall --install ${id}`, '',
    'What the app sends and is sent, until Ctrl+C:', ''
  ].join('\n')
}

/** Nothing stays: the app is told, uninstalled and removed. */
async function tidy ({ appId, instanceId, show, ...where }: Session): Promise<void> {
  const ended = await uninstallThere(where, appId, instanceId)
  for (const { installed_app_id: id } of ended) {
    const { data } = await admin<{ data: Delivery[] }>(where, 'GET', withQuery('/admin/apps/deliveries', { installed_app_id: id, limit: '1' }))
    for (const delivery of data) show(deliveryLine(delivery), { delivery })
  }
  const removed = await admin(where, 'DELETE', appPath(appId)).then(() => true, (error: unknown) => {
    if (error instanceof Refused && error.code === 'APP_INSTALLED') return false
    throw error
  })
  const sentence = removed ? `${appId} is uninstalled and removed.` : `${appId} is uninstalled here and not removed, since it is installed on another instance.`
  show(sentence, { app_id: appId, removed })
}

async function watch (session: Session, from: Revealed): Promise<void> {
  const { show, ended } = session
  const colours = process.stdout.isTTY && process.stdout.hasColors()
  await watchApp({
    where: session,
    from,
    ended,
    // All of them have the same key.
    request: (request) => { show(lineOf({ ...request, key: null }, colours), { request }) },
    delivery: (delivery) => { show(deliveryLine(delivery), { delivery }) },
    say: (text) => { process.stderr.write(`blnk-gateway: ${text}\n`) }
  })
}

/** Registers and installs an app that is being written, shows what it sends and is sent, and ends all of it on Ctrl+C. */
export async function developApp (options: DevOptions): Promise<void> {
  const manifest = manifestOf(options)
  const ended = untilEnded()
  const show = shower(options)
  const instanceId = options.instance ?? await sandboxOf(options)
  const { app_id: appId, signing_secret: secret } = await registered(options, manifest)
  const session: Session = { ...options, appId, instanceId, ended, show }
  const clear = async (): Promise<void> => { if (options.keep !== true) await tidy(session) }
  try {
    // Before the install, whose request is signed with it already.
    const state = secret !== undefined ? 'is registered' : options.keep === true ? 'was registered before, and is taken over' : 'was registered before: it is taken over, and without --keep removed at the end'
    show(`${appId} ${state}.\n\n  Signing secret  ${secret ?? 'as it was shown when the app was registered'}\n`, { app_id: appId, signing_secret: secret ?? null })
    for (const { installed_app_id: id } of await uninstallThere(options, appId, instanceId)) show(`${id}, an earlier install, is uninstalled.`, { uninstalled: id })
    const made = await installed(session)
    if (made !== null) {
      show(introduction(addressOf(options), made), { ...made })
      await watch(session, made)
    }
  } catch (error) {
    // Where the gateway is gone there is nothing to clear, and its end is what to say.
    await clear().catch(() => {})
    throw error
  }
  await clear()
}
