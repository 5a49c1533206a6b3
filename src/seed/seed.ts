import { LEG, MEMBERS, type Form } from './members.js'
import { suggestion } from '../lib/nearest.js'
import { SeedError, type SeedText } from './text.js'
import { Digits, jsonNumber, KINDS, Name, type Kind, type Path, type Value } from './value.js'

/** One request to the Core. */
export interface SeedRecord {
  readonly kind: Kind
  readonly name: string
  readonly body: Fields
  readonly path: Path
}

export interface Seed {
  /** In the order in which they are made. */
  readonly records: readonly SeedRecord[]
  /** Whether something is left to the Core's queue. */
  readonly queued: boolean
  place(path: Path): string
}

type Fields = Readonly<Record<string, Value>>
type Fail = (path: Path, what: string) => never

/** Core's id of the ledger whose balances have indicators (spec/09 1). */
const GENERAL_LEDGER = 'general_ledger_id'

/** Members of Core's requests that a seed writes with names. */
const BY_NAME: Readonly<Record<string, string>> = { ledger_id: 'ledger', identity_id: 'identity' }

const isFields = (value: Value | undefined): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Digits) && !(value instanceof Name)

const textOf = (value: Value | undefined): string | undefined => value instanceof Digits ? value.text : typeof value === 'string' ? value : undefined

/**
 * Checks a seed and turns it into requests.
 * @throws SeedError that names the place
 */
export function checkSeed ({ value, place }: SeedText): Seed {
  const fail: Fail = (path, what) => { throw new SeedError(`${place(path)}: ${what}`) }
  if (!isFields(value)) return fail([], `a seed has ${KINDS.join(', ')}`)
  for (const member of Object.keys(value)) {
    if (member !== '$schema' && !KINDS.includes(member as Kind)) fail([member], `a seed has no ${member}: ${suggestion(member, KINDS)}`)
  }
  const ledgers = named(value, 'ledgers', fail)
  const identities = named(value, 'identities', fail)
  const balances = named(value, 'balances', fail)
  const known = { ledger: ledgers, identity: identities, balance: balances }
  const records = [
    ...entries(ledgers).map(([name, fields]) => record('ledgers', name, { name, ...fields })),
    ...entries(identities).map(([name, fields]) => record('identities', name, fields)),
    ...entries(balances).map(([name, fields]) => record('balances', name, balanceBody(fields, ['balances', name], { known, fail }))),
    ...transactions(value, { known, fail })
  ]
  const checked = records.map((one) => ({ ...one, body: members(one.body, MEMBERS[one.kind], { path: one.path, known, fail }) }))
  const requests = checked.map((one) => one.kind === 'transactions' ? filled(one, balances, fail) : renamed(one))
  return { records: requests, queued: requests.some(({ kind, body }) => kind === 'transactions' && body['skip_queue'] !== true), place }
}

type Known = Readonly<Record<'ledger' | 'identity' | 'balance', ReadonlyMap<string, Fields>>>
interface Context { readonly known: Known, readonly fail: Fail }

const entries = (map: ReadonlyMap<string, Fields>): Array<[string, Fields]> => [...map]
const record = (kind: Kind, name: string, body: Fields): SeedRecord => ({ kind, name, body, path: [kind, name] })

function named (seed: Fields, kind: Kind, fail: Fail): Map<string, Fields> {
  const all = seed[kind] ?? {}
  if (!isFields(all)) return fail([kind], `write names with their members below ${kind}`)
  return new Map(Object.entries(all).map(([name, fields]) => {
    if (name.startsWith('@')) fail([kind, name], 'a name does not begin with @: that is an indicator, which is a member of its own')
    return [name, fields === null ? {} : isFields(fields) ? fields : fail([kind, name], `write the members of ${JSON.stringify(name)} below it`)]
  }))
}

function balanceBody (fields: Fields, path: Path, { known, fail }: Context): Fields {
  if (fields['ledger'] === undefined && fields['indicator'] === undefined) fail(path, `a balance needs a ledger, or an indicator in the General Ledger: ${suggestion('', [...known.ledger.keys()])}`)
  if (fields['ledger'] !== undefined && fields['indicator'] !== undefined) fail([...path, 'ledger'], 'a balance with an indicator is in the General Ledger: leave ledger out')
  if (fields['currency'] === undefined) fail(path, 'a balance needs a currency')
  return fields
}

function transactions (seed: Fields, { fail }: Context): SeedRecord[] {
  const all = seed['transactions'] ?? []
  if (!Array.isArray(all)) return fail(['transactions'], 'write transactions as a list: they are made in its order')
  const seen = new Set<string>()
  return all.map((fields: Value, i): SeedRecord => {
    const path = ['transactions', i]
    if (!isFields(fields)) return fail(path, 'write the members of the transaction below it')
    const name = textOf(fields['name']) ?? `seed_${i + 1}`
    if (seen.has(name)) fail([...path, 'name'], `there are two transactions named ${JSON.stringify(name)}`)
    seen.add(name)
    return { kind: 'transactions', name, body: fields, path }
  })
}

interface Checking extends Context { readonly path: Path }

function members (fields: Fields, known: typeof LEG, at: Checking): Fields {
  return Object.fromEntries(Object.entries(fields).map(([member, value]) => {
    const path = [...at.path, member]
    const form = known[member]?.[0] ?? at.fail(path, unknownMember(member, Object.keys(known)))
    return [member, value === null && form !== 'legs' ? null : formed(form, value, { ...at, path })]
  }))
}

function unknownMember (member: string, known: readonly string[]): string {
  const byName = BY_NAME[member]
  return byName !== undefined && known.includes(byName) ? `write ${byName} and a name in place of ${member}` : `there is no member ${JSON.stringify(member)} here: ${suggestion(member, known)}`
}

function formed (form: Form, value: Value, at: Checking): Value {
  const { path, known, fail } = at
  switch (form) {
    case 'map': return isFields(value) ? value : fail(path, 'write members of your own below it')
    case 'flag': return typeof value === 'boolean' ? value : fail(path, 'write true or false')
    case 'text': return textOf(value) ?? fail(path, 'write a text')
    case 'number': {
      const text = textOf(value)?.trim()
      return text !== undefined && jsonNumber(text) !== undefined ? new Digits(text) : fail(path, 'write a decimal number')
    }
    case 'legs': return Array.isArray(value) && value.length > 0
      ? value.map((leg: Value, i) => isFields(leg) && leg['identifier'] !== undefined
        ? members(leg, LEG, { ...at, path: [...path, i] })
        : fail([...path, i], 'write an identifier, which is a name of balances or an indicator, and a distribution'))
      : fail(path, 'write a list of identifiers with distributions')
    case 'ledger':
    case 'identity':
    case 'balance': {
      const name = textOf(value) ?? fail(path, 'write a name')
      if (form === 'balance' && name.startsWith('@')) return name
      if (known[form].has(name)) return new Name(form === 'identity' ? 'identities' : `${form}s`, name)
      return fail(path, `there is no ${form} named ${JSON.stringify(name)}: ${suggestion(name, [...known[form].keys()])}`)
    }
  }
}

function renamed (one: SeedRecord): SeedRecord {
  if (one.kind !== 'balances') return one
  const { ledger, identity, ...others } = one.body
  return { ...one, body: { ledger_id: ledger ?? GENERAL_LEDGER, ...(identity === undefined ? {} : { identity_id: identity }), ...others } }
}

/** What the seed leaves out of a transaction and Core asks for. */
function filled (one: SeedRecord, balances: ReadonlyMap<string, Fields>, fail: Fail): SeedRecord {
  const { name: _name, ...body } = one.body
  const ends = [body['source'], body['destination'], ...[body['sources'], body['destinations']].flatMap((legs) => Array.isArray(legs) ? legs.map((leg: Fields) => leg['identifier']) : [])]
  const currencies = [...new Set(ends.flatMap((end) => end instanceof Name ? textOf(balances.get(end.name)?.['currency']) ?? [] : []))]
  const currency = body['currency'] ?? (currencies.length === 1 ? currencies[0] as string : fail(one.path, currencies.length === 0 ? 'write the currency: no balance is named that has one' : `write the currency: the balances have ${currencies.join(' and ')}`))
  const missing: Fields = { precision: new Digits('100'), reference: one.name, description: one.name, skip_queue: body['scheduled_for'] === undefined }
  return { ...one, body: { ...missing, ...body, currency } }
}
