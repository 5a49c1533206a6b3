import { resolve } from 'node:path'

/** Where what a file refers to comes from. */
export interface Referred {
  /** Of the file: a relative `file:` begins there. */
  readonly folder: string
  /** undefined or '': not set */
  variable (name: string): string | undefined
  /** @throws NodeJS.ErrnoException */
  read (path: string): string
}

/** `$${` stands for `${` itself. */
const VARIABLE = /\$(\$?)\{([^{}]*)\}/g

const FILE = 'file:'

/** Thrown with a sentence that goes behind the place. */
export class UnresolvedError extends Error {}

function filled (text: string, { variable }: Referred): string {
  return text.replace(VARIABLE, (whole, escaped: string, name: string) => {
    if (escaped !== '') return whole.slice(1)
    if (!/^[A-Za-z_]\w*$/.test(name)) throw new UnresolvedError(`${whole} is not a reference: write \${NAME}, or $\${ for the characters themselves`)
    const value = variable(name)
    if (value === undefined || value === '') throw new UnresolvedError(`the variable ${name} is not set`)
    return value
  })
}

/**
 * What a text of the file stands for: `${NAME}` anywhere in it is a variable of the environment, and `file:PATH` the
 * whole content of a file without the end of its last line.
 * @param onFile told of each file before it is read
 * @throws UnresolvedError
 */
export function resolveText (text: string, referred: Referred, onFile: (path: string) => void = () => {}): string {
  if (!text.startsWith(FILE)) return filled(text, referred)
  const path = resolve(referred.folder, filled(text.slice(FILE.length).trim(), referred))
  onFile(path)
  let content: string
  try {
    content = referred.read(path).replace(/\r?\n$/, '')
  } catch (error) {
    throw new UnresolvedError(`${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`, { cause: error })
  }
  if (content === '') throw new UnresolvedError(`${path} is empty`)
  return content
}

const ONE_REFERENCE = /^(?:\$\{\w+\}|file:.+)$/s

/** Whether a secret is not in the file itself. */
export const isReference = (text: string): boolean => ONE_REFERENCE.test(text)

/** The password of a URL, also where it is written as `?password=`; undefined for none. */
const passwordOf = (url: string): string | undefined => /^[a-z+]+:\/\/[^:/?#@]*:([^/?#]*)@/i.exec(url)?.[1] ?? /[?&]\w*password=([^&]*)/i.exec(url)?.[1]

/** Whether a URL holds a password in clear. */
export function holdsPassword (url: string): boolean {
  const password = passwordOf(url)
  return password !== undefined && password !== '' && !isReference(password) && !isReference(url)
}

/** A URL as it may be shown. A password may hold an @, and for a service behind HTTP a name alone may be its token. */
export const withoutPassword = (url: string): string => url
  .replace(/^(https?:\/\/)[^/?#]*@/i, '$1***@')
  .replace(/^([a-z+]+:\/\/)[^:/?#@]*:[^/?#]*@/i, '$1***@')
  .replace(/([?&]\w*password=)[^&]*/gi, '$1***')
