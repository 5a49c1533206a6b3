import type { NamedField } from './collections.js'

// Typesense leaves symbols out of an index and splits at blanks alone, so txn_1-2 is one word.
const SYMBOLS = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~'
const SYMBOL = /[!"#$%&'()*+,\-./:;<=>?@[\\\]^_`{|}~]/g

export const tokensOf = (text: string): string[] => text.toLowerCase().replace(SYMBOL, '').split(/\s+/).filter((token) => token !== '')

/** Collects the values that a piece of SQL needs. */
export class Values {
  constructor (readonly list: unknown[] = []) {}

  /** @returns the place of the value, such as `$3` */
  add (value: unknown): string { return `$${this.list.push(value)}` }
}

/** A field's words in SQL, with a blank before and behind each. */
export function wordsSql (field: NamedField, values: Values): string {
  const text = field.kind !== 'object' ? field.sql : `coalesce((${field.sql} #>> ${values.add(field.path)}::text[]), '')`
  return `' ' || btrim(regexp_replace(translate(lower(${text}), ${values.add(SYMBOLS)}::text, ''), '\\s+', ' ', 'g')) || ' '`
}

const escaped = (token: string): string => token.replace(/[\\%_]/g, '\\$&')

/** Whether the words hold this one, or with `prefix` one that begins so. */
export const hasToken = (words: string, token: string, prefix: boolean, values: Values): string => `${words} LIKE ${values.add(`% ${escaped(token)}${prefix ? '%' : ' %'}`)}`

/** The text with each word marked that a search found, or undefined where there is none. */
export function highlighted (text: string, tokens: readonly string[]): { readonly snippet: string, readonly matched: readonly string[] } | undefined {
  const matched: string[] = []
  const snippet = text.split(/(\s+)/).map((word) => {
    const [plain = ''] = tokensOf(word)
    if (plain === '' || !tokens.some((token, i) => plain === token || (i === tokens.length - 1 && plain.startsWith(token)))) return word
    matched.push(word)
    return `<mark>${word}</mark>`
  }).join('')
  return matched.length === 0 ? undefined : { snippet, matched }
}
