/** What a seed holds, in the order in which it is made. */
export const KINDS = ['ledgers', 'identities', 'balances', 'transactions'] as const
export type Kind = (typeof KINDS)[number]

/** The id of each name. */
export type Ids = Readonly<Record<Kind, Readonly<Record<string, string>>>>

/** A number as it is written: no JavaScript number holds an amount on its way to the Core. */
export class Digits { constructor (readonly text: string) {} }

/** A name, in whose place the id goes once the Core has made it. */
export class Name { constructor (readonly kind: Kind, readonly name: string) {} }

export type Value = null | boolean | string | Digits | Name | readonly Value[] | { readonly [member: string]: Value }

/** From the top of the file: `['transactions', 3, 'source']` is shown as `transactions[3].source`. */
export type Path = ReadonlyArray<string | number>

export const shownPath = (path: Path): string =>
  path.map((step, i) => typeof step === 'number' ? `[${step}]` : /^[\w@-]+$/.test(step) ? `${i === 0 ? '' : '.'}${step}` : `[${JSON.stringify(step)}]`).join('')

// RFC 8259 6
const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

/** The same number in JSON's spelling, digit by digit: YAML also has `+5`, `.5`, `5.` and `007`. @returns undefined for what is no decimal number */
export function jsonNumber (text: string): string | undefined {
  const plain = text.replace(/^\+/, '').replace(/^(-?)0+(?=\d)/, '$1').replace(/^(-?)\./, '$10.').replace(/\.(?=[eE]|$)/, '')
  return JSON_NUMBER.test(plain) ? plain : undefined
}

/** JSON text with the ids in place of the names. */
export function encodeJson (value: Value, ids: Ids): string {
  if (value instanceof Digits) return jsonNumber(value.text) as string
  if (value instanceof Name) return JSON.stringify(ids[value.kind][value.name])
  if (Array.isArray(value)) return `[${value.map((each: Value) => encodeJson(each, ids)).join(',')}]`
  if (typeof value === 'object' && value !== null) return `{${Object.entries(value).map(([member, each]) => `${JSON.stringify(member)}:${encodeJson(each, ids)}`).join(',')}}`
  return JSON.stringify(value)
}
