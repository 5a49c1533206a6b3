import { encodeString, RawJson } from './encode.js'
import { float64Text } from './numbers.js'
import { parseJson, type JsonNode } from '../../lib/json/parse.js'
import { BindError } from '../../lib/json/text.js'

/**
 * Go's map[string]interface{} after a round through encoding/json: each top-level key with its value's JSON text. Numbers
 * went through float64, as in Core, and nested keys are sorted. null is Go's nil map.
 */
export type Metadata = ReadonlyMap<string, string>

/** Go sorts the keys of a map by their UTF-8 bytes, which is the order of code points and not of UTF-16 units. */
export function byBytes (a: string, b: string): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x === y) continue
    const xSurrogate = x >= 0xd800 && x < 0xe000
    const ySurrogate = y >= 0xd800 && y < 0xe000
    return xSurrogate === ySurrogate ? x - y : xSurrogate ? 1 : -1
  }
  return a.length - b.length
}

function scalarText (node: JsonNode): string {
  if (node.kind === 'string') return encodeString(node.text)
  if (node.kind !== 'number') return node.text
  const text = float64Text(node.text)
  if (text === undefined) throw new BindError(`json: cannot unmarshal number ${node.text} into Go value of type float64`)
  return text
}

/** The last of duplicate members wins. */
export function lastMembers (node: JsonNode): Map<string, JsonNode> {
  const members = new Map<string, JsonNode>()
  node.keys.forEach((key, i) => members.set(key, node.items[i] as JsonNode))
  return members
}

interface Frame { readonly open: string, readonly close: string, readonly entries: ReadonlyArray<readonly [prefix: string, node: JsonNode]>, readonly parts: string[] }

function frame (node: JsonNode): Frame {
  if (node.kind === 'array') return { open: '[', close: ']', entries: node.items.map((item) => ['', item] as const), parts: [] }
  const members = [...lastMembers(node)].sort(([a], [b]) => byBytes(a, b))
  return { open: '{', close: '}', entries: members.map(([key, item]) => [`${encodeString(key)}:`, item] as const), parts: [] }
}

/** The text that Go writes for a value it read into an interface{}. Without recursion: a value may be 10,000 levels deep. */
export function interfaceText (root: JsonNode): string {
  const isContainer = (node: JsonNode): boolean => node.kind === 'array' || node.kind === 'object'
  if (!isContainer(root)) return scalarText(root)
  const stack = [frame(root)]
  for (;;) {
    const top = stack.at(-1) as Frame
    const entry = top.entries[top.parts.length]
    if (entry !== undefined && isContainer(entry[1])) {
      stack.push(frame(entry[1]))
      continue
    }
    if (entry !== undefined) {
      top.parts.push(entry[0] + scalarText(entry[1]))
      continue
    }
    const text = top.open + top.parts.join(',') + top.close
    stack.pop()
    const parent = stack.at(-1)
    if (parent === undefined) return text
    parent.parts.push((parent.entries[parent.parts.length] as Frame['entries'][number])[0] + text)
  }
}

/** Reads metadata out of a jsonb column's text. A column that holds no object counts as nil. */
export function parseMetadata (jsonb: string | null): Metadata | null {
  if (jsonb === null || jsonb[0] !== '{') return null
  const metadata = new Map<string, string>()
  for (const [key, node] of lastMembers(parseJson(Buffer.from(jsonb)))) metadata.set(key, interfaceText(node))
  return metadata
}

/** JSON text with sorted keys, `null` for nil: what goes into the column and into an answer. */
export function metadataText (metadata: Metadata | null): string {
  if (metadata === null) return 'null'
  return `{${[...metadata].sort(([a], [b]) => byBytes(a, b)).map(([key, text]) => `${encodeString(key)}:${text}`).join(',')}}`
}

export const metadataJson = (metadata: Metadata | null): RawJson => new RawJson(metadataText(metadata))
