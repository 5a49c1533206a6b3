import { LineCounter, parseDocument, type CollectionTag, type ScalarTag, type Tags } from 'yaml'
import { GatewayError } from '../errors.js'
import { Digits, jsonNumber, shownPath, type Path, type Value } from './value.js'

/** Thrown when a seed is wrong, or the Core refuses a part of it: one sentence that begins with the place. */
export class SeedError extends GatewayError {
  constructor (message: string, cause?: unknown) { super('SEED_REFUSED', { message, cause }) }
}

export interface SeedText {
  readonly value: Value
  /** `wallet.yaml:14: transactions[3].source`, without the line where it is not known. */
  place(path: Path): string
}

const NUMBER = /:(?:int|float)$/

/** Core's own parts nest three deep; members of your own may as they like, but not without an end. */
const MOST_DEPTH = 100

type Tag = Tags[number]

/** Numbers keep the digits that the file writes. */
const asWritten = (tag: Tag): Tag => typeof tag === 'string' || !NUMBER.test(tag.tag)
  ? tag
  : {
    ...tag as ScalarTag,
    identify: () => false,
    resolve (text, onError) {
      if (jsonNumber(text) === undefined) onError(`${text} is not a decimal number: write it in digits, or in quotes for a text`)
      return new Digits(text)
    }
  } satisfies ScalarTag | CollectionTag

/** What an alias holds may hold that alias. */
function isTooDeep (value: Value, depth = 0): boolean {
  if (typeof value !== 'object' || value === null) return false
  return depth === MOST_DEPTH || Object.values(value).some((each: Value) => isTooDeep(each, depth + 1))
}

/** @throws SeedError */
function valueOf (document: ReturnType<typeof parseDocument>, file: string): Value {
  const value = attempt(() => document.toJS() as Value, file)
  if (isTooDeep(value)) throw new SeedError(`${file}: a value nests more than ${MOST_DEPTH} deep, or holds itself`)
  return value
}

/** The parser goes as deep as the stack, and counts what aliases come to. */
function attempt <T> (act: () => T, file: string): T {
  try {
    return act()
  } catch (error) {
    throw new SeedError(`${file}: ${error instanceof ReferenceError ? 'its aliases come to too much: write less by *aliases' : `a value nests more than ${MOST_DEPTH} deep, or holds itself`}`, error)
  }
}

/**
 * Reads YAML 1.2, of which JSON is a part.
 * @throws SeedError
 */
export function readText (text: string, file: string): SeedText {
  const lines = new LineCounter()
  const document = attempt(() => parseDocument(text, { version: '1.2', schema: 'core', merge: true, prettyErrors: false, stringKeys: true, lineCounter: lines, customTags: (tags) => tags.map(asWritten) }), file)
  const [wrong] = [...document.errors, ...document.warnings]
  if (wrong !== undefined) throw new SeedError(`${file}:${lines.linePos(wrong.pos[0]).line}: ${wrong.message}`)
  return {
    value: valueOf(document, file),
    place (path) {
      // What came in by an alias has no place of its own: the nearest that has one.
      for (let length = path.length; length > 0; length--) {
        const node = document.getIn(path.slice(0, length), true) as { range?: readonly number[] } | undefined
        if (node?.range != null) return `${file}:${lines.linePos(node.range[0] as number).line}: ${shownPath(path)}`
      }
      return path.length === 0 ? file : `${file}: ${shownPath(path)}`
    }
  }
}

/** A seed that a program has as an object. Its numbers are taken as JavaScript writes them. */
export function readObject (object: object): SeedText {
  const place = (path: Path): string => `seed.${shownPath(path)}`
  const read = (value: unknown, path: Path): Value => {
    if (path.length > MOST_DEPTH) throw new SeedError(`${place(path.slice(0, 1))}: a value nests more than ${MOST_DEPTH} deep, or holds itself`)
    if (typeof value === 'number' && (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value)))) {
      throw new SeedError(`${place(path)}: ${value} may have lost digits: write it as a text or as a bigint`)
    }
    if (typeof value === 'number' || typeof value === 'bigint') return new Digits(String(value))
    if (value instanceof Date) return value.toISOString()
    if (Array.isArray(value)) return value.map((each, i) => read(each, [...path, i]))
    if (typeof value === 'object' && value !== null) {
      return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined).map(([member, each]) => [member, read(each, [...path, member])]))
    }
    return value as Value
  }
  return { value: read(object, []), place }
}
