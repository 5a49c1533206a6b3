import { encodeJson, encodeString, RawJson } from '../json/encode.js'
import { byBytes, interfaceText, lastMembers } from '../json/metadata.js'
import { parseJson, type JsonNode } from '../../lib/json/parse.js'
import type { Collection, FieldKind } from './collections.js'

/** What stands for a member that a row does not have. */
const DEFAULTS: Readonly<Record<FieldKind, string>> = { string: '""', integer: '0', float: '0', bool: 'false', time: '0', object: '{}' }

const seconds = (time: string): string => String(Math.floor(Date.parse(time.replace(/\.\d+/, '')) / 1000))

/**
 * A row as Core puts it into an index (spec/09 12): times as Unix seconds, balances and precise amounts as text, every field
 * of the schema present, an id; members sorted by name, as Go sorts a map.
 */
export function documentOf (collection: Collection, row: object): RawJson {
  const { fields, asText, optional, id } = collection
  const members = lastMembers(parseJson(Buffer.from(encodeJson(collection.members(row as never)))))
  const told = (name: string, node: JsonNode): string => {
    const kind = fields[name]?.kind
    if (asText.includes(name)) return encodeString(node.text)
    if (kind === 'time') return seconds(node.text)
    return node.kind === 'null' && kind !== undefined ? DEFAULTS[kind] : interfaceText(node)
  }
  const document = new Map([...members].map(([name, node]) => [name, told(name, node)]))
  for (const [name, { kind }] of Object.entries(fields)) if (!document.has(name) && !(optional.includes(name) || kind === 'object')) document.set(name, DEFAULTS[kind])
  for (const name of optional) if (document.get(name) === '""') document.delete(name)
  document.set('id', document.get(id) as string)
  return new RawJson(`{${[...document].sort(([a], [b]) => byBytes(a, b)).map(([name, text]) => `${encodeString(name)}:${text}`).join(',')}}`)
}
