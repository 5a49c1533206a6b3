import type { Delivery, Event, Install } from '../apps/store.js'
import { appPath, deliveryText, installPath, withQuery } from './apps.js'
import { admin, CliError, Refused, type Where } from './admin.js'
import { jsonText } from './json-text.js'

interface Options extends Where { readonly json?: boolean, readonly app?: string, readonly instance?: string, readonly install?: string }

const EVENTS: readonly Event[] = ['install', 'uninstall', 'launch']

const isEvent = (text: string): text is Event => (EVENTS as readonly string[]).includes(text)

/** The install that is active, of the app and the instance that are named. */
async function activeInstall (options: Options, { app, instance }: { readonly app: string, readonly instance: string }): Promise<string> {
  const { data } = await admin<{ data: Install[] }>(options, 'GET', withQuery('/admin/installs', { app_id: app, instance_id: instance }))
  const active = data.find(({ status }) => status === 'active')
  if (active === undefined) throw new CliError(`${app} is not installed on ${instance}: blnk-gateway apps trigger install --app ${app} --instance ${instance} installs it`)
  return active.installed_app_id
}

function named ({ app, instance, install }: Options): { readonly app: string, readonly instance: string } | { readonly install: string } {
  if (install !== undefined) {
    if (app !== undefined || instance !== undefined) throw new CliError('--install says which app and which instance: leave out --app and --instance')
    return { install }
  }
  if (app === undefined || instance === undefined) throw new CliError('name an install with --install, or an app and an instance with --app and --instance')
  return { app, instance }
}

/** @returns the id of the install that was told */
async function fire (event: Event, options: Options): Promise<string> {
  const target = named(options)
  if (event === 'install') {
    // Once more where it was: with a new id and a new key, as nobody has the old one.
    const { app_id: app, instance_id: instance } = 'install' in target
      ? await admin<Install>(options, 'GET', installPath(target.install))
      : { app_id: target.app, instance_id: target.instance }
    return (await admin<Install>(options, 'POST', `${appPath(app)}/installs`, { instance_id: instance })).installed_app_id
  }
  const install = 'install' in target ? target.install : await activeInstall(options, target)
  if (event === 'uninstall') await admin(options, 'DELETE', installPath(install))
  else await admin(options, 'POST', `${installPath(install)}/launch`)
  return install
}

interface Of { readonly installed_app_id?: string, readonly delivery_id?: string }

async function deliveryOf (options: Where, { installed_app_id: install, delivery_id: id }: Of, event: Event): Promise<Delivery | undefined> {
  const { data } = await admin<{ data: Delivery[] }>(options, 'GET', withQuery('/admin/apps/deliveries', { installed_app_id: install }))
  return data.find((one) => id === undefined ? one.event === event : one.id === id)
}

/**
 * The delivery that a refusal is about.
 * @throws what it was given, where it is about none
 */
export async function deliveryOfRefusal (where: Where, refusal: unknown): Promise<Delivery> {
  const of = (refusal instanceof Refused ? refusal.details ?? {} : {}) as Of
  const delivery = of.delivery_id === undefined ? undefined : await deliveryOf(where, of, 'install')
  if (delivery === undefined) throw refusal
  return delivery
}

/** Fires an event by hand, and shows what was sent and answered. Exit code 1 where the app did not take it. */
export async function triggerEvent (event: string, options: Options): Promise<void> {
  if (!isEvent(event)) throw new CliError(`${event} is no event: choose from ${EVENTS.join(', ')}`)
  const told = await fire(event, options).catch(async (error: unknown) => await deliveryOfRefusal(options, error))
  const delivery = typeof told === 'string' ? await deliveryOf(options, { installed_app_id: told }, event) : told
  if (delivery === undefined) throw new CliError(`the ${event} was done, and what was sent is no longer kept: blnk-gateway apps deliveries has what is`)
  process.stdout.write(`${options.json === true ? jsonText(delivery) : `${delivery.installed_app_id}\n\n${deliveryText(delivery)}`}\n`)
  if (delivery.verdict !== 'accepted') process.exitCode = 1
}
