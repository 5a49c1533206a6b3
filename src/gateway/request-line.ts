import { styleText } from 'node:util'
import type { End } from './record.js'

/** What a line tells a person of one request. */
export interface Line {
  readonly method: string
  readonly path: string
  /** null: no answer was begun */
  readonly status: number | null
  readonly ms: number
  /** The key's name. */
  readonly key: string | null
  readonly instance: string | null
  readonly filled: readonly string[]
  /** The one that was generated. */
  readonly reference: string | null
  readonly end: End
  /** Whether it was sent to a Core. */
  readonly forwarded: boolean
  /** The sentence of a refusal. */
  readonly refused: string | null
  /** For machines; `replayed`: the first answer came again, and nothing was done. */
  readonly reason?: string | null | undefined
}

const ENDED: Readonly<Record<Exclude<End, 'answered'>, (line: Line) => string>> = {
  caller_left: ({ status, forwarded }) => `the caller left ${status !== null ? 'before the end of the answer' : forwarded ? 'before the answer' : 'before it was forwarded'}`,
  core_broke_off: () => 'Core broke off in the middle of its answer',
  cut: () => 'cut by a fault'
}

function notes (line: Line, shorten: (instance: string) => string): string[] {
  const { key, instance, filled, reference, end, refused, reason } = line
  return [
    key === null ? '' : `key="${key}"`,
    instance === null ? '' : shorten(instance),
    filled.length === 0 ? '' : `filled ${filled.join(', ')}`,
    reference ?? '',
    reason === 'replayed' ? 'replayed' : '',
    end === 'answered' ? '' : ENDED[end](line),
    refused === null ? '' : `refused: ${refused}`
  ].filter((note) => note !== '')
}

/** One sentence, for logs that machines read. */
export function requestSentence (line: Line): string {
  const { method, path, status, ms } = line
  return [`${method} ${path} ${status ?? '-'} ${ms.toFixed(1)} ms`, ...notes(line, (instance) => instance)].join(' · ')
}

/** Of a generated instance id, as much as tells a handful apart. */
const short = (instance: string): string => /^inst_[\da-f]{8}-[\da-f-]{27}$/.test(instance) ? `${instance.slice(0, 13)}…` : instance

const CONTROL = /\p{Cc}/gu

/** Text of callers, of more than one line, for a terminal: nothing in it moves the cursor or changes what is shown elsewhere. */
export const printable = (text: string): string => text.replace(/(?!\r?\n|\t)\p{Cc}/gu, '?')

const METHOD_WIDTH = 6
const PATH_WIDTH = 36
const MS_WIDTH = 8

type Colour = 'green' | 'cyan' | 'yellow' | 'red'

const colourOf = (status: number | null): Colour => status === null || status >= 500 ? 'red' : status >= 400 ? 'yellow' : status >= 300 ? 'cyan' : 'green'

/** Columns, for a terminal: method, path, status, milliseconds; then key, instance, what was filled, why it was refused. */
export function requestLine (line: Line, colours: boolean): string {
  const colour = colourOf(line.status)
  const paint = (text: string): string => colours ? styleText(colour, text, { validateStream: false }) : text
  // What a caller sends is not to move the terminal's cursor.
  const clean = (text: string): string => text.replace(CONTROL, '?')
  const status = paint(String(line.status ?? '-').padStart(3))
  const head = `${line.method.padEnd(METHOD_WIDTH)} ${clean(line.path).padEnd(PATH_WIDTH)} ${status} ${line.ms.toFixed(1).padStart(MS_WIDTH)} ms`
  const rest = notes(line, short).map((note) => note.startsWith('refused: ') ? paint(clean(note)) : clean(note)).join(' · ')
  return rest === '' ? head : `${head}  ${rest}`
}
