import type { Rooms } from '../gateway/rooms.js'
import type { AppStore } from './store.js'

/** Milliseconds without a change after which whoever installs has ended: far more than an install takes. */
const LEFT_BEHIND_MS = 60_000

/**
 * Ends installs that a crash has left half done: their keys are revoked. What was being uninstalled stays installed.
 * @param alone no other process can be at it: all of them are left behind
 */
export async function recoverInstalls (store: AppStore, { audit }: Pick<Rooms, 'audit'>, { alone }: { readonly alone: boolean }): Promise<number> {
  const cancelled = await store.recover(alone ? 0 : LEFT_BEHIND_MS)
  for (const { installed_app_id: id, instance_id: instanceId } of cancelled) {
    audit?.act({ actor: { kind: 'gateway' }, action: 'App install cancelled', entityKind: 'app', entityId: id, instanceId, outcome: 'done' })
  }
  return cancelled.length
}

/** Looks for them now and then, as those of another process may be left behind. @returns what ends it */
export function recoverNowAndThen (work: () => Promise<unknown>, onError: (error: Error) => void): () => Promise<void> {
  let running: Promise<unknown> = Promise.resolve()
  const timer = setInterval(() => { running = work().catch(onError) }, LEFT_BEHIND_MS)
  timer.unref()
  return async () => {
    clearInterval(timer)
    await running
  }
}
