import { startCourier, type Courier, type CourierOptions } from './deliveries/courier.js'
import { startQueue } from './queue/worker.js'

/** What goes on in a ledger without a request: its queue, and the deliveries that come of it. */
export interface Work {
  /** Says that something was queued. */
  wake(): void
  setWebhook: Courier['setWebhook']
  /** Answers when nothing is queued or due, and everything told of it was tried to be delivered. */
  settle(): Promise<void>
  /** Ends what runs and starts no more. @param graceMs what a delivery under way is given */
  close(graceMs?: number): Promise<void>
}

export function startWork (options: CourierOptions): Work {
  const queue = startQueue(options.ledger, options.onError)
  const courier = startCourier(options)
  return {
    wake () {
      queue.wake()
      courier.wake()
    },
    setWebhook: async (webhook) => { await courier.setWebhook(webhook) },
    async settle () {
      await queue.settle()
      await courier.settle()
    },
    async close (graceMs) { await Promise.all([queue.close(), courier.close(graceMs)]) }
  }
}
