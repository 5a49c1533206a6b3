import type { Binding, GoType } from './bind.js'
import { interfaceText, lastMembers, type Metadata } from './metadata.js'
import { float64Text, plainDecimal } from './numbers.js'
import type { JsonNode } from '../../lib/json/parse.js'
import { BindError, quoteBytes } from '../../lib/json/text.js'
import { formatTime, parseTime, ZERO_TIME } from './time.js'

/** A type that one kind of scalar fits; null leaves the variable as it was. */
function scalar<T> (name: string, zero: T, take: (node: JsonNode, binding: Binding) => T | undefined): GoType<T> {
  return {
    name,
    zero: () => zero,
    read (binding, node, previous) {
      if (node.kind === 'null') return previous
      const value = take(node, binding)
      if (value !== undefined) return value
      // A number that is no value of this numeric type is named with its digits (decode.go, literalStore).
      const numeric = name.startsWith('int') || name.startsWith('float')
      binding.mismatch(node.kind === 'number' && numeric ? `number ${node.text}` : node.kind, name)
      return previous
    }
  }
}

const named = (name: string): GoType<string> => scalar(name, '', (node) => node.kind === 'string' ? node.text : undefined)

export const text: GoType<string> = named('string')

/** A type of Go's whose values are texts. */
export const textNamed = named
export const bool: GoType<boolean> = scalar('bool', false, (node) => node.kind === 'bool' ? node.text === 'true' : undefined)

function integer (node: JsonNode): bigint | undefined {
  if (node.kind !== 'number' || !/^-?\d+$/.test(node.text)) return undefined
  const value = BigInt(node.text)
  return BigInt.asIntN(64, value) === value ? value : undefined
}

/** Go's int: 64 bits. */
export const int: GoType<bigint> = scalar('int', 0n, integer)

/** A float64 as the shortest decimal text that reads back as the same, without exponent: `0` when absent. */
export const float64: GoType<string> = scalar('float64', '0', (node) => {
  const number = node.kind === 'number' ? float64Text(node.text) : undefined
  return number === undefined ? undefined : plainDecimal(number)
})

/** *big.Int: null when absent. Its own unmarshaler refuses, which ends the decoding at once. */
export const bigInt: GoType<bigint | null> = {
  name: '*big.Int',
  zero: () => null,
  read (binding, node) {
    if (node.kind === 'null') return null
    if (node.kind !== 'number' || !/^-?\d+$/.test(node.text)) {
      throw new BindError(`math/big: cannot unmarshal ${quoteBytes(binding.raw(node))} into a *big.Int`)
    }
    return BigInt(node.text)
  }
}

/** time.Time as RFC 3339 text in the zone it was sent with. */
export const time: GoType<string> = {
  name: 'time.Time',
  zero: () => ZERO_TIME,
  read (binding, node, previous) {
    if (node.kind === 'null') return previous
    if (node.kind !== 'string') throw new BindError('Time.UnmarshalJSON: input is not a JSON string')
    // Time reads the bytes between the quotes; escapes are not undone.
    return formatTime(parseTime(binding.raw(node).subarray(1, -1).toString('latin1')))
  }
}

/** Reports numbers beyond float64 inside an interface{} with the field they are in. */
function checkedInterface (binding: Binding, node: JsonNode): void {
  const pending = [node]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (next.kind === 'number' && float64Text(next.text) === undefined) binding.mismatch(`number ${next.text}`, 'float64')
    for (let i = next.items.length - 1; i >= 0; i--) pending.push(next.items[i] as JsonNode)
  }
}

/** map[string]interface{}. A later duplicate of the field adds to the map, and null makes it nil. */
export const metadata: GoType<Metadata | null> = {
  name: 'map[string]interface {}',
  zero: () => null,
  read (binding, node, previous) {
    if (node.kind === 'null') return null
    if (node.kind !== 'object') {
      binding.mismatch(node.kind, this.name)
      return previous
    }
    checkedInterface(binding, node)
    if (binding.firstError !== undefined) return previous
    const map = new Map(previous)
    for (const [key, item] of lastMembers(node)) map.set(key, interfaceText(item))
    return map
  }
}

/** interface{}: the value as it was sent, for readers that tell kinds apart. undefined is Go's nil. */
export const anything: GoType<JsonNode | undefined> = {
  name: 'interface {}',
  zero: () => undefined,
  read (binding, node) {
    checkedInterface(binding, node)
    return node.kind === 'null' ? undefined : node
  }
}

/** A slice: null when absent or null, which `required` refuses; an empty one passes. */
export function list<T> (element: GoType<T>): GoType<readonly T[] | null> {
  const name = `[]${element.name}`
  return {
    name,
    zero: () => null,
    read (binding, node, previous) {
      if (node.kind === 'null') return null
      if (node.kind !== 'array') {
        binding.mismatch(node.kind, name)
        return previous
      }
      // Go decodes a duplicate of the field into the elements that the first one left.
      return node.items.map((item, i) => element.read(binding, item, previous?.[i] ?? element.zero()))
    }
  }
}

/** A pointer to a struct: null when absent or null. */
export function pointer<T> (to: GoType<T>): GoType<T | null> {
  return {
    name: `*${to.name}`,
    zero: () => null,
    read: (binding, node, previous) => node.kind === 'null' ? null : to.read(binding, node, previous ?? to.zero())
  }
}
