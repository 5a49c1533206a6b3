import { createRandom, type Random } from './random.js'

export interface Customer { readonly id: string, readonly object: 'customer', readonly created: number, readonly [member: string]: unknown }

export interface Intent {
  readonly id: string
  readonly object: 'payment_intent'
  readonly amount: number
  readonly amount_received: number
  readonly currency: string
  readonly customer: string | null
  readonly created: number
  readonly status: string
  readonly [member: string]: unknown
}

export interface Payout {
  readonly id: string
  readonly object: 'payout'
  readonly amount: number
  readonly currency: string
  readonly created: number
  readonly status: string
  readonly [member: string]: unknown
}

/** The objects of an account, the newest first, as Stripe lists them. */
export interface Account { readonly customers: readonly Customer[], readonly payment_intents: readonly Intent[], readonly payouts: readonly Payout[] }

export interface Wanted {
  readonly seed: number
  /** Payment intents that have succeeded; there are some more that have not. */
  readonly succeeded: number
  /** How many of those were captured in part. */
  readonly partial: number
}

/** 31 January 2026, 00:00 UTC: the end of what happened. */
const END = 1_769_817_600
const HOUR = 3_600

const PEOPLE = ['Ada Obi', 'Ben Carter', 'Chiara Ricci', 'Daisuke Mori', 'Elif Kaya', 'Farid Haddad', 'Grace Lee', 'Hugo Blanc', 'Ines Alves', 'Jonas Weber', 'Kemi Ade', 'Layla Nasser',
  'Marta Nowak', 'Noor Al Sabah', 'Oscar Lind', 'Priya Rao', 'Quentin Roy', 'Rosa Diaz', 'Sven Berg', 'Tomoko Abe', 'Uma Iyer', 'Viktor Novak', 'Wendy Cho', 'Yusuf Can']
const PLACES = [['Lagos', 'NG'], ['Leeds', 'GB'], ['Turin', 'IT'], ['Osaka', 'JP'], ['Kuwait City', 'KW'], ['Berlin', 'DE'], ['Austin', 'US']] as const
const GOODS = ['Subscription, monthly plan', 'Order of coffee beans', 'Annual licence', 'Workshop ticket', 'Invoice for consulting', null]
/** What is paid in them, in minor units; those with three decimals end with 0 at Stripe. */
const CURRENCIES = [
  { code: 'usd', share: 50, least: 500, most: 90_000, step: 1 },
  { code: 'eur', share: 25, least: 500, most: 70_000, step: 1 },
  { code: 'gbp', share: 10, least: 400, most: 60_000, step: 1 },
  { code: 'jpy', share: 10, least: 100, most: 80_000, step: 1 },
  { code: 'kwd', share: 5, least: 1_000, most: 90_000, step: 10 }
] as const
const UNFINISHED = ['requires_payment_method', 'requires_action', 'processing', 'requires_capture', 'canceled']

function customerOf (random: Random, at: number, name: string): Customer {
  const [city, country] = random.oneOf(PLACES)
  return {
    id: `cus_${random.id(14)}`,
    object: 'customer',
    address: { city, country, line1: `${1 + random.below(200)} Market Street`, line2: null, postal_code: String(10_000 + random.below(89_999)), state: null },
    balance: 0,
    created: END - 200 * 24 * HOUR + at * HOUR,
    currency: null,
    default_source: null,
    delinquent: false,
    description: null,
    discount: null,
    email: `${name.toLowerCase().replaceAll(' ', '.')}@example.com`,
    invoice_prefix: random.id(8).toUpperCase(),
    invoice_settings: { custom_fields: null, default_payment_method: null, footer: null, rendering_options: null },
    livemode: false,
    metadata: { tier: random.oneOf(['free', 'pro', 'business']) },
    name,
    phone: null,
    preferred_locales: [],
    shipping: null,
    tax_exempt: 'none',
    test_clock: null
  }
}

function currencyOf (random: Random): typeof CURRENCIES[number] {
  let at = random.below(100)
  return CURRENCIES.find(({ share }) => (at -= share) < 0) ?? CURRENCIES[0]
}

interface IntentPlan { readonly at: number, readonly status: string, readonly isPartial: boolean, readonly customer: Customer | undefined }

function intentOf (random: Random, { at, status, isPartial, customer }: IntentPlan): Intent {
  const { code, least, most, step } = currencyOf(random)
  const amount = Math.floor((least + random.below(most - least)) / step) * step
  const hasSucceeded = status === 'succeeded'
  const received = !hasSucceeded ? 0 : isPartial ? Math.floor(amount / 2 / step) * step : amount
  const id = `pi_3${random.id(23)}`
  return {
    id,
    object: 'payment_intent',
    amount,
    amount_capturable: status === 'requires_capture' ? amount : 0,
    amount_details: { tip: {} },
    amount_received: received,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: { allow_redirects: 'always', enabled: true },
    canceled_at: status === 'canceled' ? END - at * HOUR + 60 : null,
    cancellation_reason: status === 'canceled' ? 'requested_by_customer' : null,
    capture_method: isPartial ? 'manual' : 'automatic_async',
    client_secret: `${id}_secret_${random.id(25)}`,
    confirmation_method: 'automatic',
    created: END - at * HOUR,
    currency: code,
    customer: customer?.id ?? null,
    description: random.oneOf(GOODS),
    last_payment_error: null,
    latest_charge: hasSucceeded ? `ch_${id.slice(3, 20)}${random.id(7)}` : null,
    livemode: false,
    metadata: { order_id: `order_${1000 + at}` },
    next_action: null,
    on_behalf_of: null,
    payment_method: status === 'requires_payment_method' ? null : `pm_1${random.id(23)}`,
    payment_method_configuration_details: null,
    payment_method_options: { card: { installments: null, mandate_options: null, network: null, request_three_d_secure: 'automatic' } },
    payment_method_types: ['card'],
    processing: null,
    receipt_email: null,
    review: null,
    setup_future_usage: null,
    shipping: null,
    source: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status,
    transfer_data: null,
    transfer_group: null
  }
}

function payoutOf (random: Random, { at, code, amount, status }: { at: number, code: string, amount: number, status: string }): Payout {
  return {
    id: `po_1${random.id(23)}`,
    object: 'payout',
    amount,
    arrival_date: END - at * HOUR + 24 * HOUR,
    automatic: true,
    balance_transaction: `txn_1${random.id(23)}`,
    created: END - at * HOUR,
    currency: code,
    description: 'STRIPE PAYOUT',
    destination: `ba_1${random.id(23)}`,
    failure_balance_transaction: null,
    failure_code: status === 'failed' ? 'account_closed' : null,
    failure_message: status === 'failed' ? 'The bank account has been closed.' : null,
    livemode: false,
    metadata: {},
    method: 'standard',
    original_payout: null,
    reconciliation_status: 'completed',
    reversed_by: null,
    source_type: 'card',
    statement_descriptor: null,
    status,
    type: 'bank_account'
  }
}

/** Payouts of about a third of what was received in each currency, and some that have not arrived. */
function payoutsOf (random: Random, intents: readonly Intent[]): Payout[] {
  return CURRENCIES.flatMap(({ code, step }) => {
    const received = intents.filter(({ currency }) => currency === code).reduce((sum, one) => sum + one.amount_received, 0)
    const amount = Math.floor(received / 12 / step) * step
    return amount === 0 ? [] : ['pending', 'paid', 'paid', 'failed', 'paid', 'paid'].map((status, at) => payoutOf(random, { at: at * 168, code, amount, status }))
  }).toSorted((a, b) => b.created - a.created)
}

/** An account of Stripe's: the same for the same wishes. */
export function makeAccount ({ seed, succeeded, partial }: Wanted): Account {
  const random = createRandom(seed)
  const customers = PEOPLE.map((name, at) => customerOf(random, PEOPLE.length - at, name))
  const unfinished = Math.floor(succeeded / 7)
  const every = Math.floor(succeeded / Math.max(1, partial))
  let done = 0
  const intents = Array.from({ length: succeeded + unfinished }, (_each, at) => {
    const isUnfinished = at % 8 === 7 && Math.floor(at / 8) < unfinished
    if (!isUnfinished) done++
    return intentOf(random, {
      at,
      status: isUnfinished ? random.oneOf(UNFINISHED) : 'succeeded',
      isPartial: !isUnfinished && partial > 0 && done % every === 0 && done / every <= partial,
      // Some pay without an account.
      customer: random.below(20) === 0 ? undefined : random.oneOf(customers)
    })
  })
  return { customers, payment_intents: intents, payouts: payoutsOf(random, intents) }
}
