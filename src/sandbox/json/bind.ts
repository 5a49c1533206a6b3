import { parseJson, type JsonNode } from '../../lib/json/parse.js'
import { BindError } from '../../lib/json/text.js'

/**
 * A type of Go's that a JSON value is read into. `read` answers `previous` where Go leaves the variable as it was: a wrong
 * type, or null where null has no meaning.
 */
export interface GoType<T> {
  /** As reflect writes it in error texts, such as `map[string]interface {}`. */
  readonly name: string
  zero(): T
  read(binding: Binding, node: JsonNode, previous: T): T
}

export type Bound<G> = G extends GoType<infer T> ? T : never

/** What one decoding knows: the source, where it is in nested structs, and the first error that Go would save. */
export class Binding {
  private struct = ''
  private path: readonly string[] = []
  firstError: BindError | undefined
  /** gin's validation, told field by field; it counts only when decoding went well. */
  readonly unmet: string[] = []

  constructor (readonly source: Buffer) {}

  raw (node: JsonNode): Buffer { return this.source.subarray(node.start, node.end) }

  /** A value of the wrong type: Go goes on and reports the first when it is done (decode.go, saveError). */
  mismatch (value: string, goName: string): void {
    const place = this.path.length === 0 ? `value of type ${goName}` : `struct field ${this.struct}.${this.path.join('.')} of type ${goName}`
    this.firstError ??= new BindError(`json: cannot unmarshal ${value} into Go ${place}`)
  }

  /** Runs `read` with errors naming this field, by the innermost struct and the path from the outermost. */
  within<T> (struct: string, field: string, read: () => T): T {
    const { struct: outerStruct, path: outerPath } = this
    this.struct = struct
    this.path = [...outerPath, field]
    try { return read() } finally {
      this.struct = outerStruct
      this.path = outerPath
    }
  }
}

export interface Field<T> {
  readonly type: GoType<T>
  /** gin's `binding:"required"`, with the Go name that its text shows. */
  readonly requiredAs?: string
}

type Fields = Readonly<Record<string, Field<unknown>>>
export type StructValue<F extends Fields> = { -readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never }

export const field = <T>(type: GoType<T>): Field<T> => ({ type })
export const required = <T>(requiredAs: string, type: GoType<T>): Field<T> => ({ type, requiredAs })

/** Go matches keys without case; two characters outside ASCII fold to a letter (encoding/json, foldName): U+017F is s, U+212A is k. */
const fold = (key: string): string => key.replace(/\u017f/g, 's').replace(/\u212a/g, 'k').replace(/[A-Z]+/g, (letters) => letters.toLowerCase())

/**
 * A Go struct.
 * @param name as reflect writes it, such as `model.CreateLedger`; error texts of fields use the part behind the dot, and nothing for `struct { … }`
 * @param fields JSON names with their types; the value has the same names
 */
export function struct<F extends Fields> (name: string, fields: F): GoType<StructValue<F>> {
  const shortName = name.startsWith('struct {') ? '' : name.slice(name.indexOf('.') + 1)
  const names = Object.keys(fields)
  const folded = new Map(names.map((each) => [fold(each), each]))
  const zero = (): StructValue<F> => Object.fromEntries(names.map((each) => [each, (fields[each] as Field<unknown>).type.zero()])) as StructValue<F>
  const read = (binding: Binding, node: JsonNode, previous: StructValue<F>): StructValue<F> => {
    if (node.kind === 'null') return previous
    if (node.kind !== 'object') {
      binding.mismatch(node.kind, name)
      return previous
    }
    const value: Record<string, unknown> = { ...previous }
    node.keys.forEach((key, i) => {
      const own = Object.hasOwn(fields, key) ? key : folded.get(fold(key))
      if (own === undefined) return
      const { type } = fields[own] as Field<unknown>
      value[own] = binding.within(shortName, own, () => type.read(binding, node.items[i] as JsonNode, value[own]))
    })
    return value as StructValue<F>
  }
  const checkRequired = (binding: Binding, value: StructValue<F>): void => {
    for (const each of names) {
      const { requiredAs, type } = fields[each] as Field<unknown>
      if (requiredAs === undefined) continue
      const held = (value as Record<string, unknown>)[each]
      if (held === type.zero()) binding.unmet.push(`Key: '${shortName === '' ? '' : `${shortName}.`}${requiredAs}' Error:Field validation for '${requiredAs}' failed on the 'required' tag`)
    }
  }
  return Object.assign({ name, zero, read }, { checkRequired })
}

interface Checked { checkRequired? (binding: Binding, value: unknown): void }

/**
 * gin's ShouldBindJSON: the first value of the body into a struct, then its `required` fields.
 * @throws BindError with the text that gin would answer
 */
export function bindJson<T> (body: { readonly body: Buffer, readonly truncated?: boolean }, type: GoType<T>): T {
  const node = parseJson(body.body, body.truncated)
  const binding = new Binding(body.body)
  const value = type.read(binding, node, type.zero())
  if (binding.firstError !== undefined) throw binding.firstError
  ;(type as Checked).checkRequired?.(binding, value)
  if (binding.unmet.length > 0) throw new BindError(binding.unmet.join('\n'))
  return value
}
