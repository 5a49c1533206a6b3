/** A string, or a number (https://www.rfc-editor.org/rfc/rfc8259#section-6) between what is not text. */
const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g

/** JSON.parse, but every number is read as its text: amounts of a ledger may have more digits than a number holds. @throws SyntaxError */
export const readExact = (json: string): unknown => JSON.parse(json.replace(STRING_OR_NUMBER, (token) => token.startsWith('"') ? token : `"${token}"`))

/** JSON.stringify, with each bigint as a JSON number of all its digits. For objects of one level and what has no bigint below it. */
export function writeExact (value: Readonly<Record<string, unknown>>): string {
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${typeof member === 'bigint' ? member.toString() : JSON.stringify(member)}`).join(',')}}`
}
