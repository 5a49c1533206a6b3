import type { Kind } from './value.js'

/** How a member is written: `number` also as text, `text` also as digits without quotes. */
export type Form = 'text' | 'number' | 'flag' | 'map' | 'legs' | 'ledger' | 'identity' | 'balance'

type Member = readonly [form: Form, about: string]

const text = (about: string): Member => ['text', about]

/** What a record of each kind may have: the request of Core's API, with names in place of ids. */
export const MEMBERS: Readonly<Record<Kind, Readonly<Record<string, Member>>>> = {
  ledgers: {
    name: text('Left out, the name in the seed.'),
    meta_data: ['map', 'Members of your own.']
  },
  identities: {
    identity_id: text('An id of your own: idt_ and a UUID.'),
    identity_type: text('individual or organization.'),
    organization_name: text('Of an organization.'),
    category: text('Of your own.'),
    first_name: text('Of an individual.'),
    last_name: text('Of an individual.'),
    other_names: text('Of an individual.'),
    gender: text('Of an individual.'),
    email_address: text('Text.'),
    phone_number: text('Text.'),
    nationality: text('Text.'),
    street: text('Of the address.'),
    country: text('Of the address.'),
    state: text('Of the address.'),
    post_code: text('Of the address.'),
    city: text('Of the address.'),
    dob: text('Date of birth, as 1990-05-17T00:00:00Z.'),
    created_at: text('Core sets it by its clock.'),
    meta_data: ['map', 'Members of your own.']
  },
  balances: {
    ledger: ['ledger', 'A name of ledgers. A balance with an indicator is in the General Ledger and has none.'],
    identity: ['identity', 'A name of identities.'],
    currency: text('Such as USD.'),
    indicator: text('A name that begins with @, by which transactions find it: balances of the General Ledger alone have one.'),
    precision: ['number', 'As Core takes it.'],
    track_fund_lineage: ['flag', 'Whether Core tracks where its funds came from.'],
    allocation_strategy: text('FIFO, LIFO or PROPORTIONAL.'),
    meta_data: ['map', 'Members of your own.']
  },
  transactions: {
    name: text('Under which GET /admin/seed tells its id; left out, seed_ and its place.'),
    amount: ['number', 'In units of the currency: 10.50. At most 15 digits.'],
    precise_amount: ['number', 'In minor units: 1050. In place of amount.'],
    precision: ['number', 'Minor units in a unit; left out, 100.'],
    currency: text('Left out, that of the balances that are named.'),
    source: ['balance', 'A name of balances, or an indicator such as @World.'],
    destination: ['balance', 'A name of balances, or an indicator such as @World.'],
    sources: ['legs', 'Several in place of source.'],
    destinations: ['legs', 'Several in place of destination.'],
    reference: text('Left out, the name; unique in a ledger.'),
    description: text('Left out, the name.'),
    allow_overdraft: ['flag', 'Whether the source may go below zero.'],
    overdraft_limit: ['number', 'How far, in units of the currency.'],
    inflight: ['flag', 'Whether it is held until it is committed.'],
    inflight_expiry_date: text('When the hold is voided.'),
    inflight_commit_date: text('When the hold is committed.'),
    scheduled_for: text('When it is applied; until then it is SCHEDULED.'),
    effective_date: text('When it counts as made: for balances as they were at a time.'),
    skip_queue: ['flag', 'Left out, true: applied at once; not where scheduled_for is given.'],
    atomic: ['flag', 'Whether the legs of a split go together.'],
    balance_id: text('As Core takes it.'),
    meta_data: ['map', 'Members of your own.']
  }
}

/** One of several sources or destinations. */
export const LEG: Readonly<Record<string, Member>> = {
  identifier: ['balance', 'A name of balances, or an indicator such as @World.'],
  distribution: text('10.50, 25% or left.'),
  precise_distribution: text('In minor units, or left.')
}

const FORMS: Readonly<Record<Form, object>> = {
  text: { type: ['string', 'number'] },
  number: { type: ['number', 'string'], pattern: '^[-+]?(\\d+\\.?\\d*|\\.\\d+)([eE][-+]?\\d+)?$' },
  flag: { type: 'boolean' },
  map: { type: ['object', 'null'] },
  legs: { type: 'array', minItems: 1, items: { $ref: '#/$defs/leg' } },
  ledger: { type: ['string', 'number'] },
  identity: { type: ['string', 'number'] },
  balance: { type: ['string', 'number'] }
}

const shape = (members: Readonly<Record<string, Member>>, required: readonly string[] = []): object => ({
  type: 'object',
  additionalProperties: false,
  required,
  properties: Object.fromEntries(Object.entries(members).map(([name, [form, description]]) => [name, { description, ...FORMS[form] }]))
})

/** docs/seed.schema.json: what editors check while a seed is written. */
export function seedSchema (): object {
  const named = (kind: Kind, more: object = {}): object => ({ type: ['object', 'null'], additionalProperties: { ...shape(MEMBERS[kind]), ...more } })
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'A seed of blnk-gateway',
    type: 'object',
    additionalProperties: false,
    properties: {
      $schema: { type: 'string' },
      ledgers: named('ledgers', { type: ['object', 'null'] }),
      identities: named('identities', { type: ['object', 'null'] }),
      balances: named('balances', { required: ['currency'] }),
      transactions: { type: ['array', 'null'], items: shape(MEMBERS.transactions) }
    },
    $defs: { leg: shape(LEG, ['identifier']) }
  }
}
