import { Document, isMap, LineCounter, parseDocument, type Node } from 'yaml'

/** From the top of the file: `['keys', 'ci', 'scopes', 0]` is shown as `keys.ci.scopes[0]`. */
export type Path = ReadonlyArray<string | number>

/** What YAML holds here: numbers are text, digit by digit as the file writes them. */
export type Value = null | boolean | string | readonly Value[] | { readonly [member: string]: Value }

export interface FileText {
  readonly value: Value
  /** What is no YAML, each with its place. */
  readonly problems: readonly string[]
  /** `gateway.yaml:14:5: keys.ci.scopes`, of a value or of the member's name. */
  place (path: Path, of?: 'value' | 'name'): string
}

const shownPath = (path: Path): string =>
  path.map((step, i) => typeof step === 'number' ? `[${step}]` : /^[\w@-]+$/.test(step) ? `${i === 0 ? '' : '.'}${step}` : `[${JSON.stringify(step)}]`).join('')

const NUMBER = /:(?:int|float)$/

/** What the parser throws, and does not list: an alias without its anchor, aliases that grow without end, lists in lists by the thousand. */
function parsed (text: string, lineCounter: LineCounter): { document: Document, value: Value, wrong?: string } {
  let document: Document = new Document()
  try {
    document = parseDocument(text, {
      version: '1.2',
      schema: 'core',
      merge: true,
      prettyErrors: false,
      stringKeys: true,
      lineCounter,
      customTags: (tags) => tags.filter((tag) => typeof tag === 'string' || !NUMBER.test(tag.tag))
    })
    return { document, value: document.errors.length > 0 ? null : document.toJS() as Value }
  } catch (error) {
    return { document, value: null, wrong: `is not taken: ${(error as Error).message}` }
  }
}

/** Reads YAML 1.2, of which JSON is a part. @param file as messages name it */
export function readText (text: string, file: string): FileText {
  const lines = new LineCounter()
  const { document, value, wrong } = parsed(text, lines)
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset)
    return `${file}:${line}:${col}`
  }
  const nodeOf = (path: Path, of: 'value' | 'name'): Node | undefined => {
    if (of === 'value') return document.getIn(path, true) as Node | undefined
    const map = document.getIn(path.slice(0, -1), true)
    return isMap(map) ? map.items.find((pair) => (pair.key as { value?: unknown } | null)?.value === path.at(-1))?.key as Node | undefined : undefined
  }
  const problems = [...document.errors, ...document.warnings].map(({ pos, message }) => `${at(pos[0])}: ${message}`)
  if (problems.length === 0 && wrong !== undefined) problems.push(`${file}: ${wrong}`)
  return {
    value: problems.length > 0 ? null : value,
    problems,
    place (path, of = 'value') {
      // What came in by an alias has no place of its own: the nearest that has one.
      for (let length = path.length; length > 0; length--) {
        const range = nodeOf(path.slice(0, length), length === path.length ? of : 'value')?.range
        if (range != null) return `${at(range[0])}: ${shownPath(path)}`
      }
      return path.length === 0 ? file : `${file}: ${shownPath(path)}`
    }
  }
}
