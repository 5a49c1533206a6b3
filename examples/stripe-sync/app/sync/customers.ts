import { createHash } from 'node:crypto'
import type Stripe from 'stripe'
import { BlnkError } from '../blnk.js'
import { eachOf } from './pages.js'
import { AT_ONCE, type Job } from './job.js'

/**
 * The identity of a customer in this instance, by the customer's id alone: one that is made again is the same one, and Core refuses
 * it. https://www.rfc-editor.org/rfc/rfc9562#section-5.8
 */
export function identityIdOf (instanceId: string, customerId: string): string {
  const bytes = createHash('sha256').update(`${instanceId}\n${customerId}`).digest().subarray(0, 16)
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  return `idt_${bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')}`
}

function identityOf ({ id, name, email, phone, address, metadata }: Stripe.Customer): Record<string, unknown> {
  const [first, ...rest] = (name ?? '').trim().split(/\s+/)
  return {
    identity_type: 'individual',
    category: 'customer',
    first_name: first,
    last_name: rest.join(' '),
    email_address: email ?? '',
    phone_number: phone ?? '',
    street: address?.line1 ?? '',
    city: address?.city ?? '',
    state: address?.state ?? '',
    post_code: address?.postal_code ?? '',
    country: address?.country ?? '',
    meta_data: { stripe_customer_id: id, stripe_metadata: metadata }
  }
}

const keyOf = (customerId: string): string => `identity:${customerId}`

/** Makes an identity of each customer, once. @returns how many of them were new to the app */
export async function syncCustomers ({ store, blnk, install }: Job, customers: readonly Stripe.Customer[]): Promise<number> {
  const { installedAppId, instanceId } = install
  const done = await store.done(installedAppId, customers.map(({ id }) => keyOf(id)))
  const missing = customers.filter(({ id }) => !done.has(keyOf(id)))
  await eachOf(missing, AT_ONCE, async (customer) => {
    const id = identityIdOf(instanceId, customer.id)
    await blnk.call('POST', '/proxy/identities', { body: { identity_id: id, ...identityOf(customer) } }).catch((error: unknown) => {
      // Made before a crash, or by an install before this one.
      if (!(error instanceof BlnkError) || !/already exists/i.test(error.message)) throw error
    })
    await store.markDone(installedAppId, keyOf(customer.id))
  })
  return missing.length
}

/** Links the balances of customers to their identities, once. @param balances balance ids and whose they are */
export async function linkBalances ({ store, blnk, install }: Job, balances: ReadonlyMap<string, string>): Promise<void> {
  const { installedAppId, instanceId } = install
  const done = await store.done(installedAppId, [...balances.keys()])
  // A customer that was deleted in Stripe has no identity.
  const known = await store.done(installedAppId, [...balances.values()].map(keyOf))
  const missing = [...balances].filter(([balanceId, customerId]) => !done.has(balanceId) && known.has(keyOf(customerId)))
  await eachOf(missing, AT_ONCE, async ([balanceId, customerId]) => {
    await blnk.call('PUT', `/proxy/balances/${balanceId}/identity`, { body: { identity_id: identityIdOf(instanceId, customerId) } })
    await store.markDone(installedAppId, balanceId)
  })
}
