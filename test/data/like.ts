/** SQL's LIKE: `%` is any run, `_` one character, and what stands behind `\` is itself. */
export function isLike (text: string, pattern: string): boolean {
  const characters = [...pattern]
  let source = ''
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] as string
    if (character === '%') source += '.*'
    else if (character === '_') source += '.'
    else source += literal(character === '\\' ? characters[++at] ?? '' : character)
  }
  return new RegExp(`^${source}$`, 'su').test(text)
}

const literal = (character: string): string => character === '' ? '' : `\\u{${(character.codePointAt(0) as number).toString(16)}}`

/** A `\` at the end that stands before nothing. */
export const endsInEscape = (pattern: string): boolean => (/\\*$/.exec(pattern)?.[0].length ?? 0) % 2 === 1
