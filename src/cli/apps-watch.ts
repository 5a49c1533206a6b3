import { setTimeout as wait } from 'node:timers/promises'
import type { Delivery, Install } from '../apps/store.js'
import type { RequestSummary } from '../requests/entry.js'
import { withQuery } from './apps.js'
import { admin, CliError, Refused, type Where } from './admin.js'
import { leftOut, openFollowed } from './followed.js'

export interface Watched {
  readonly where: Where
  /** Earlier installs of its app are not looked at. */
  readonly from: Install
  /** Ends it. */
  readonly ended: AbortSignal
  request(one: RequestSummary): void
  delivery(one: Delivery): void
  say(sentence: string): void
}

/** Milliseconds between two looks for deliveries, where the gateway keeps no requests by which they are noticed. */
const LOOK_MS = 1_000

/** Of requests and of deliveries, what one answer has at most. */
const MOST = '500'

/** What an app is sent follows from these requests and from no others. */
const mayDeliver = ({ method, path }: RequestSummary): boolean => method !== 'GET' && /^\/admin\/(?:apps|installs)\//.test(path)

/** The keys of installs are named so (see lifecycle.ts of src/apps). */
const isOfInstall = ({ key }: RequestSummary): boolean => /\(instapp_[\w-]+\)$/.test(key?.name ?? '')

interface Looker {
  /** Shows deliveries that it has not shown. */
  deliveries(): Promise<void>
  /** Whether a request was made with a key of the app's. */
  isOwn(request: RequestSummary): Promise<boolean>
}

function createLooker ({ where, from, delivery }: Watched): Looker {
  const shown = new Set<string>()
  const ids = new Set<string>()
  const keys = new Map<string, boolean>()
  const installs = async (): Promise<void> => {
    const { data } = await admin<{ data: Install[] }>(where, 'GET', withQuery('/admin/installs', { app_id: from.app_id, limit: MOST }))
    for (const one of data.filter(({ created_at: at }) => at >= from.created_at)) {
      ids.add(one.installed_app_id)
      keys.set(one.api_key_prefix, true)
    }
  }
  return {
    async deliveries () {
      await installs()
      const { data } = await admin<{ data: Delivery[] }>(where, 'GET', withQuery('/admin/apps/deliveries', { limit: MOST }))
      for (const one of data.reverse().filter(({ id, installed_app_id: install }) => ids.has(install) && !shown.has(id))) {
        shown.add(one.id)
        delivery(one)
      }
    },
    async isOwn (request) {
      if (request.key === null || !isOfInstall(request)) return false
      const { prefix } = request.key
      // An app may use its key before its install is done, and so before its delivery is there.
      if (!keys.has(prefix)) {
        await installs()
        if (!keys.has(prefix)) keys.set(prefix, false)
      }
      return keys.get(prefix) === true
    }
  }
}

async function follow ({ where, from, ended, request, say }: Watched, looker: Looker): Promise<void> {
  // What the app sent while it was being installed has ended already.
  const stream = await openFollowed(where, withQuery('/admin/requests', { follow: 'true', limit: MOST, since: from.created_at }), ended)
  await looker.deliveries()
  for await (const told of stream) {
    if ('id' in told) {
      if (await looker.isOwn(told)) request(told)
      else if (mayDeliver(told)) await looker.deliveries()
    } else if (told.missed !== undefined) say(leftOut(told.missed))
    else throw new CliError(`${told.ended ?? ''}: what is installed there stays, and the next blnk-gateway apps dev takes it over`)
  }
}

async function look (looker: Looker, { ended, say }: Watched): Promise<void> {
  say('this gateway keeps no requests, so only what the app is sent is shown: start it with REQUEST_LOG=on to see what the app sends')
  for (;;) {
    await looker.deliveries()
    await wait(LOOK_MS, undefined, { signal: ended })
  }
}

/**
 * Shows what an app sends with the keys of its installs, and what it is sent, until it is ended.
 * @throws CliError where the gateway stops or is lost
 */
export async function watchApp (watched: Watched): Promise<void> {
  const looker = createLooker(watched)
  try {
    await follow(watched, looker).catch(async (error: unknown) => {
      if (!(error instanceof Refused && error.code === 'REQUEST_LOG_OFF')) throw error
      await look(looker, watched)
    })
  } catch (error) {
    if (!watched.ended.aborted) throw error
  }
}
