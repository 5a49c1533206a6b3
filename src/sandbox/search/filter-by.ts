import { fieldOf, type Collection, type NamedField } from './collections.js'
import { SearchError } from './error.js'
import { hasToken, tokensOf, wordsSql, type Values } from './tokens.js'

const malformed = (): SearchError => new SearchError(400, 'Could not parse the filter query.')
const wrongValue = ({ name, kind }: NamedField): SearchError => new SearchError(400, `Error with filter field \`${name}\`: Not ${kind === 'float' ? 'a float' : 'an int64'}.`)

/** `(`, `)`, `&&`, `||`, or one condition, in the order written. Backticks and brackets keep what is in them together. */
function lex (text: string): string[] {
  const parts: string[] = []
  let current = ''
  let [quoted, brackets] = [false, 0]
  const push = (): void => {
    if (current.trim() !== '') parts.push(current.trim())
    current = ''
  }
  for (let at = 0; at < text.length; at++) {
    const character = text[at] as string
    const two = text.slice(at, at + 2)
    if (character === '`') quoted = !quoted
    if (!quoted && character === '[') brackets++
    if (!quoted && character === ']') brackets--
    const free = !quoted && brackets === 0
    if (free && (two === '&&' || two === '||')) {
      push()
      parts.push(two)
      at++
    } else if (free && (character === '(' || character === ')') && (character === ')' || current.trim() === '')) {
      push()
      parts.push(character)
    } else current += character
  }
  if (quoted || brackets !== 0) throw malformed()
  push()
  return parts
}

const unquoted = (value: string): string => /^`.*`$/s.test(value.trim()) ? value.trim().slice(1, -1) : value.trim()

function listed (value: string): string[] | undefined {
  if (!/^\[.*\]$/s.test(value)) return undefined
  return (value.slice(1, -1).match(/`[^`]*`|[^,]+/g) ?? []).map(unquoted).filter((each) => each !== '')
}

/** The comparison in SQL of a number or time, which counts in Unix seconds. */
function numberSql (field: NamedField, operator: string, value: string, values: Values): string {
  if (!/^-?\d+(?:\.\d+)?$/.test(value) || (field.kind !== 'float' && field.kind !== 'object' && value.includes('.'))) throw wrongValue(field)
  const left = field.kind === 'time' ? `floor(extract(epoch FROM ${field.sql}))` : field.kind === 'object' ? jsonNumber(field, values) : field.sql
  return `${left} ${operator} ${values.add(value)}::${field.kind === 'float' || field.kind === 'object' ? 'float8' : 'numeric'}`
}

function jsonNumber (field: NamedField, values: Values): string {
  const at = `(${field.sql} #> ${values.add(field.path)}::text[])`
  return `(CASE WHEN jsonb_typeof(${at}) = 'number' THEN ${at}::float8 END)`
}

function numbersSql (field: NamedField, operator: string, value: string, values: Values): string {
  const alternatives = listed(value) ?? [value]
  const either = alternatives.map((each) => {
    const range = /^(-?[\d.]+?)\.\.(-?[\d.]+)$/.exec(each)
    if (range !== null) return `(${numberSql(field, '>=', range[1] as string, values)} AND ${numberSql(field, '<=', range[2] as string, values)})`
    const compared = /^(>=|<=|>|<)\s*(.*)$/s.exec(each)
    return compared === null ? numberSql(field, '=', each, values) : numberSql(field, compared[1] as string, compared[2] as string, values)
  })
  const sql = `(${either.join(' OR ')})`
  return operator === ':!=' ? `NOT coalesce(${sql}, false)` : `coalesce(${sql}, false)`
}

/** `:` finds the words of a value in a field, a last `*` beginnings; `:=` compares the whole field. Neither minds case and symbols. */
function textsSql (field: NamedField, operator: string, value: string, values: Values): string {
  const either = (listed(value) ?? [unquoted(value)]).map((each) => {
    const tokens = tokensOf(each)
    if (operator === ':' && tokens.length === 0) return 'false'
    const words = wordsSql(field, values)
    if (operator !== ':') return `${words} = ${values.add(` ${tokens.join(' ')} `)}`
    const prefix = each.endsWith('*')
    return `(${tokens.map((token, i) => hasToken(words, token, prefix && i === tokens.length - 1, values)).join(' AND ')})`
  })
  const sql = `(${either.length === 0 ? 'false' : either.join(' OR ')})`
  return operator === ':!=' ? `NOT ${sql}` : sql
}

function conditionSql (collection: Collection, condition: string, values: Values): string {
  const parsed = /^([\w.]+)\s*(:!=|:=|:)\s*(.+)$/s.exec(condition)
  if (parsed === null) throw malformed()
  const [, name = '', operator = '', text = ''] = parsed
  const value = text.trim()
  const field = fieldOf(collection, name) ?? (name === 'id' ? fieldOf(collection, collection.id) : undefined)
  if (field === undefined) throw new SearchError(404, `Could not find a filter field named \`${name}\` in the schema.`)
  if (field.kind === 'bool') {
    if (value !== 'true' && value !== 'false') throw new SearchError(400, `Value of filter field \`${name}\`: must be \`true\` or \`false\`.`)
    return `${field.sql} ${operator === ':!=' ? '<>' : '='} ${value}`
  }
  // What a key of the metadata holds is not known before: a comparison that only numbers have, or a number, is one of numbers.
  const numeric = field.kind === 'object' ? /^(?:[<>]|\[?-?\d+(?:\.\d+)?(?:\.\.-?\d+(?:\.\d+)?)?\]?$)/.test(value) : field.kind !== 'string'
  if (!numeric) return textsSql(field, operator, value, values)
  const sql = numbersSql(field, operator, value, values)
  return field.kind === 'object' && !/^[<>]|\.\./.test(value) && operator !== ':!=' ? `(${sql} OR ${textsSql(field, operator, value, values)})` : sql
}

/** `filter_by` as a condition of SQL: conditions, `&&`, `||` and parentheses. @throws SearchError with Typesense's sentence */
export function filterSql (collection: Collection, text: string, values: Values): string {
  const parts = lex(text)
  let at = 0
  const one = (): string => {
    const part = parts[at++]
    if (part === '(') {
      const inside = any()
      if (parts[at++] !== ')') throw malformed()
      return `(${inside})`
    }
    if (part === undefined || part === ')' || part === '&&' || part === '||') throw malformed()
    return conditionSql(collection, part, values)
  }
  const joined = (by: string, word: string, next: () => string): string => {
    const found = [next()]
    while (parts[at] === by) {
      at++
      found.push(next())
    }
    return found.join(` ${word} `)
  }
  const all = (): string => joined('&&', 'AND', one)
  const any = (): string => joined('||', 'OR', all)
  if (parts.length === 0) return 'true'
  const sql = any()
  if (at < parts.length) throw malformed()
  return `(${sql})`
}
