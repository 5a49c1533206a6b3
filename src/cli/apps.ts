import { PERMISSIONS } from '../apps/manifest.js'
import type { App, Delivery, Install } from '../apps/store.js'
import { printable } from '../gateway/request-line.js'
import { admin, CliError, type Where } from './admin.js'
import { jsonText } from './json-text.js'
import { readText } from './read-text.js'
import { timeOfDay } from './requests.js'
import { table } from './table.js'

interface Options extends Where { readonly json?: boolean }

interface Page extends Options { readonly limit?: string, readonly offset?: string }

const print = (text: string): void => { process.stdout.write(`${text}\n`) }

export const appPath = (id: string): string => `/admin/apps/${encodeURIComponent(id)}`

export const installPath = (id: string): string => `/admin/installs/${encodeURIComponent(id)}`

/** A path with those members of a query that have a value. */
export function withQuery (path: string, members: Readonly<Record<string, string | undefined>>): string {
  const query = new URLSearchParams(Object.entries(members).filter((pair): pair is [string, string] => pair[1] !== undefined)).toString()
  return query === '' ? path : `${path}?${query}`
}

function manifestIn (file: string): object {
  const text = readText(file)
  try {
    const manifest: unknown = JSON.parse(text)
    if (typeof manifest === 'object' && manifest !== null && !Array.isArray(manifest)) return manifest
  } catch (error) {
    throw new CliError(`${file} is not JSON: ${(error as Error).message}`, { cause: error })
  }
  throw new CliError(`${file} is not a manifest: it must be a JSON object with display_name, description, callback_url, portal_generator_url and permissions`)
}

/** @throws CliError that names the one that there is not */
export function permissionsIn (text: string): string[] {
  const named = text.split(',').map((one) => one.trim()).filter((one) => one !== '')
  const unknown = named.find((one) => !(PERMISSIONS as readonly string[]).includes(one))
  if (unknown === undefined && named.length > 0) return named
  throw new CliError(`--permissions takes ${PERMISSIONS.join(', ')}, with commas between, and is ${unknown ?? 'empty'}`)
}

const members = (shown: object): string =>
  printable(table(['', ''], Object.entries(shown).map(([name, value]) => [name, Array.isArray(value) ? value.join(' ') : String(value ?? '')])).trim())

function printPage <T> ({ data, total }: { data: T[], total: number }, { json }: Options, [head, row]: readonly [string[], (one: T) => string[]]): void {
  if (json === true) return print(jsonText(data))
  print(printable(table(head, data.map(row))))
  if (data.length < total) print(`${data.length} of ${total}: --limit and --offset show the others.`)
}

export type Registered = App & { readonly signing_secret: string }

export async function registerApp (file: string, options: Options): Promise<void> {
  const made = await admin<Registered>(options, 'POST', '/admin/apps', manifestIn(file))
  if (options.json === true) return print(jsonText(made))
  print(`app id          ${made.app_id}\nsigning secret  ${made.signing_secret}\n\nWhat the app is sent is signed with the secret, which is shown this once: keep it.\nblnk-gateway apps install ${made.app_id} --instance ID installs the app.`)
}

export async function listApps (options: Options): Promise<void> {
  printPage(await admin<{ data: App[], total: number }>(options, 'GET', '/admin/apps'), options,
    [['ID', 'NAME', 'CALLBACK', 'PERMISSIONS', 'REGISTERED'], (one) => [one.app_id, one.display_name, one.callback_url, one.permissions.join(' '), one.created_at]])
}

export async function showApp (id: string, options: Options): Promise<void> {
  const app = await admin<App>(options, 'GET', appPath(id))
  print(options.json === true ? jsonText(app) : members(app))
}

export async function updateApp (id: string, file: string, options: Options): Promise<void> {
  const app = await admin<App>(options, 'PUT', appPath(id), manifestIn(file))
  print(options.json === true ? jsonText(app) : `${app.app_id} (${printable(app.display_name)}) is changed. What is installed keeps the permissions that it was granted.`)
}

export async function removeApp (id: string, options: Options): Promise<void> {
  await admin(options, 'DELETE', appPath(id))
  print(options.json === true ? jsonText({ app_id: id, removed: true }) : `${id} is removed.`)
}

export async function installApp (id: string, options: Options & { instance: string, permissions?: string }): Promise<void> {
  const made = await admin<Install>(options, 'POST', `${appPath(id)}/installs`, { instance_id: options.instance, ...(options.permissions !== undefined && { permissions: permissionsIn(options.permissions) }) })
  print(options.json === true ? jsonText(made) : `${made.installed_app_id} is installed on ${made.instance_id} with ${made.granted_permissions.join(', ')}; its callback has the key ${made.api_key_prefix}….`)
}

export async function listInstalls (options: Page & { app?: string, instance?: string }): Promise<void> {
  const { app, instance, limit, offset } = options
  printPage(await admin<{ data: Install[], total: number }>(options, 'GET', withQuery('/admin/installs', { app_id: app, instance_id: instance, limit, offset })), options,
    [['ID', 'APP', 'INSTANCE', 'STATUS', 'KEY', 'GRANTED', 'SINCE', 'ERROR'], (one) =>
      [one.installed_app_id, one.display_name, one.instance_id, one.status, `${one.api_key_prefix}…`, one.granted_permissions.join(' '), one.installed_at ?? one.created_at, one.error ?? '']])
}

export async function uninstallApp (id: string, options: Options & { force?: boolean }): Promise<void> {
  const ended = await admin<Install>(options, 'DELETE', withQuery(installPath(id), { force: options.force === true ? 'true' : undefined }))
  const despite = ended.error === null ? '' : ` The app did not take it: ${printable(ended.error)}.`
  print(options.json === true ? jsonText(ended) : `${ended.installed_app_id} is uninstalled, and its key revoked.${despite}`)
}

export async function launchApp (id: string, options: Options): Promise<void> {
  const launched = await admin<{ portal_url: string }>(options, 'POST', `${installPath(id)}/launch`)
  print(options.json === true ? jsonText(launched) : printable(launched.portal_url))
}

export async function listDeliveries (options: Page & { install?: string }): Promise<void> {
  const { install, limit, offset } = options
  printPage(await admin<{ data: Delivery[], total: number }>(options, 'GET', withQuery('/admin/apps/deliveries', { installed_app_id: install, limit, offset })), options,
    [['ID', 'TIME', 'INSTALL', 'EVENT', 'VERDICT', 'STATUS', 'MS', 'ERROR'], (one) =>
      [one.id, one.sent_at, one.installed_app_id, one.event, one.verdict, String(one.response_status ?? ''), one.ms.toFixed(1), one.error ?? '']])
}

export async function redeliver (id: string, options: Options): Promise<void> {
  const answer = await admin<Install | { portal_url: string }>(options, 'POST', `/admin/apps/deliveries/${encodeURIComponent(id)}/redeliver`)
  if (options.json === true) return print(jsonText(answer))
  print('portal_url' in answer ? printable(answer.portal_url) : `${answer.installed_app_id} is uninstalled, and its key revoked.`)
}

const EVENT_WIDTH = 'uninstall'.length

/** A line for what an app was sent. */
export const deliveryLine = ({ sent_at: at, event, url, response_status: status, ms, verdict, error }: Delivery): string =>
  `${timeOfDay(at)} ${event.padEnd(EVENT_WIDTH)} to ${url}  ${status ?? '-'}  ${ms.toFixed(1)} ms  ${verdict}${error === null ? '' : `: ${error}`}`.replace(/\p{Cc}/gu, '?')

/** What an app was sent, without the key, and what it answered. */
export function deliveryText (one: Delivery): string {
  const answer = one.response_status === null ? '(no answer)' : `${one.response_status}\n${one.response ?? ''}`
  return printable(`POST ${one.url}\n${one.request}\n\n${answer.trim()}\n\n${one.event} ${one.verdict} after ${one.ms.toFixed(1)} ms${one.error === null ? '' : `: ${one.error}`}`)
}
