import fc from 'fast-check'

const space = fc.stringMatching(/^[ \t\r\n]{0,2}$/)
const escape = (letter: string): string => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`

/** A spelling of a key that Go folds to `name`, or nearly. */
export const spelling = (name: string): fc.Arbitrary<string> =>
  fc.array(fc.integer({ min: 0, max: 5 }), { minLength: name.length, maxLength: name.length }).map((ways) => [...name].map((letter, i) => {
    switch (ways[i]) {
      case 1: return letter.toUpperCase()
      case 2: return escape(letter)
      case 3: return letter === 's' ? '\u017f' : letter
      case 4: return letter === 's' ? '\\u017F' : escape(letter.toUpperCase())
      default: return letter
    }
  }).join(''))

const key = fc.oneof(
  spelling('precision'), spelling('reference'), fc.constantFrom('precision', 'reference', 'precise_amount', 'precisio', 'referenc\\u0065s', '', '\\"', '\\ud83d\\ude00', '\ud83d\ude00'),
  fc.string().map((text) => JSON.stringify(text).slice(1, -1))
)
export const scalar = fc.oneof(
  fc.constantFrom('null', 'null', 'true', 'false', '0', '-0', '1.50', '1E400', '-1e-9', '""', '"}"', '"\\\\"', '"\\u0000{"'),
  fc.bigInt().map(String), fc.string().map((text) => JSON.stringify(text)), fc.double({ noNaN: true, noDefaultInfinity: true }).map(String)
)
export const { value, object } = fc.letrec<{ value: string, object: string, array: string, member: string }>((tie) => ({
  value: fc.oneof({ maxDepth: 4, withCrossShrink: true }, scalar, tie('array'), tie('object')),
  array: fc.tuple(space, fc.array(fc.tuple(tie('value'), space).map(([text, after]) => text + after), { maxLength: 4 })).map(([before, items]) => `[${before}${items.join(',')}]`),
  member: fc.tuple(space, key, space, space, tie('value'), space).map(([a, name, b, c, text, d]) => `${a}"${name}"${b}:${c}${text}${d}`),
  object: fc.tuple(space, fc.array(tie('member'), { maxLength: 6 })).map(([before, members]) => members.length === 0 ? `{${before}}` : `{${members.join(',')}}`)
}))
const body = fc.tuple(space, fc.oneof({ weight: 9, arbitrary: object }, value), fc.constantFrom('', ' ', '\n{}', ',', 'x', '}')).map((parts) => parts.join(''))

/** The same with a byte changed, taken away or put in: often broken, sometimes not. */
const mutated = fc.tuple(body, fc.nat(), fc.constantFrom('', '"', '\\', '{', '}', '[', ']', ',', ':', '0', 'n', '\u0001', '\u00ff'), fc.nat({ max: 1 })).map(([text, at, by, taken]) => {
  const bytes = Buffer.from(text)
  const cut = bytes.length === 0 ? 0 : at % bytes.length
  return Buffer.concat([bytes.subarray(0, cut), Buffer.from(by, 'latin1'), bytes.subarray(cut + taken)])
})
/** What may be sent as a transaction: mostly JSON, sometimes broken. */
export const anyBody = fc.oneof(body.map((text) => Buffer.from(text)), mutated, fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)))
