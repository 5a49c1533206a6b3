import type Stripe from 'stripe'
import { minorUnits, precisionOf, shown } from '../money.js'

/** A transaction as it is to be in the ledger. Its reference is the id of Stripe's object, so that it can be there once only. */
export interface Entry {
  readonly stripeId: string
  /** Minor units of Stripe's. */
  readonly amount: bigint
  /** In capitals, as Blnk has them. */
  readonly currency: string
  readonly precision: number
  readonly source: string
  readonly destination: string
  readonly description: string
  readonly effectiveDate: string
  readonly metadata: Readonly<Record<string, string>>
  /** What is added to the transaction once it is there. */
  readonly afterwards: Readonly<Record<string, unknown>>
  readonly customerId: string | null
  /** What is odd in Stripe's object itself, as a sentence. */
  readonly oddity: string | null
}

/** What Stripe holds is owed to us: it goes below zero by what customers pay, and up by what is paid out. */
const STRIPE = '@stripe'
const BANK = '@bank'
/** Payments without a customer of Stripe's. */
const GUEST = '@stripe_guest'

const idOf = (expandable: string | { readonly id: string } | null): string | null => typeof expandable === 'string' ? expandable : expandable?.id ?? null

const isoTime = (seconds: number): string => new Date(seconds * 1000).toISOString()

/** A payment that has succeeded: what was received of it. @returns undefined for any other */
export function entryOfIntent (intent: Stripe.PaymentIntent): Entry | undefined {
  if (intent.status !== 'succeeded') return undefined
  const amount = minorUnits(intent.amount_received)
  const asked = minorUnits(intent.amount)
  const customerId = idOf(intent.customer)
  return {
    stripeId: intent.id,
    amount,
    currency: intent.currency.toUpperCase(),
    precision: precisionOf(intent.currency),
    source: STRIPE,
    destination: customerId === null ? GUEST : `@${customerId}`,
    description: intent.description ?? 'Stripe payment',
    effectiveDate: isoTime(intent.created),
    metadata: { stripe_payment_intent_id: intent.id, ...(customerId !== null && { stripe_customer_id: customerId }) },
    afterwards: { stripe_charge_id: idOf(intent.latest_charge), stripe_livemode: intent.livemode, stripe_metadata: intent.metadata },
    customerId,
    oddity: amount === asked ? null : `Stripe received ${shown(amount, intent.currency)} of ${shown(asked, intent.currency)} for ${intent.id}. What was received is in the ledger.`
  }
}

/** A payout that has arrived, or is believed to. @returns undefined for any other */
export function entryOfPayout (payout: Stripe.Payout): Entry | undefined {
  if (payout.status !== 'paid') return undefined
  return {
    stripeId: payout.id,
    amount: minorUnits(payout.amount),
    currency: payout.currency.toUpperCase(),
    precision: precisionOf(payout.currency),
    source: BANK,
    destination: STRIPE,
    description: payout.description ?? 'Stripe payout',
    effectiveDate: isoTime(payout.arrival_date),
    metadata: { stripe_payout_id: payout.id },
    afterwards: { stripe_balance_transaction_id: idOf(payout.balance_transaction), stripe_livemode: payout.livemode, stripe_metadata: payout.metadata },
    customerId: null,
    oddity: null
  }
}
