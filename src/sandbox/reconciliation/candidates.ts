import { SEPARATOR, type Party } from './match.js'
import type { Rule } from './rules.js'

type TextField = 'reference' | 'description'

/** A text that must be equal in each rule, by which parties can be looked up; undefined where a rule has none. */
export function equalFields (rules: readonly Rule[]): readonly TextField[] | undefined {
  const fields = rules.map(({ criteria }) => criteria.find(({ field, operator }) => operator === 'equals' && (field === 'reference' || field === 'description'))?.field as TextField | undefined)
  return fields.length > 0 && fields.every((field) => field !== undefined) ? [...new Set(fields)] as TextField[] : undefined
}

/** Texts are equal without case where either spelling is (match.ts). */
const spellings = (text: string): readonly string[] => [`lower ${text.toLowerCase()}`, `upper ${text.toUpperCase()}`]

/** Which of the parties may match a single, in their order: all of them, or those that have its text. */
export function candidatesOf<P extends Party> (parties: readonly P[], rules: readonly Rule[]): (single: Party) => readonly P[] {
  const fields = equalFields(rules)
  if (fields === undefined) return () => parties
  const index = new Map<string, number[]>()
  for (const [i, each] of parties.entries()) {
    for (const field of fields) {
      for (const spelling of new Set(each[field].split(SEPARATOR).flatMap(spellings))) {
        const key = `${field} ${spelling}`
        const found = index.get(key)
        if (found === undefined) index.set(key, [i])
        else found.push(i)
      }
    }
  }
  return (single) => {
    const places = new Set(fields.flatMap((field) => spellings(single[field]).flatMap((spelling) => index.get(`${field} ${spelling}`) ?? [])))
    return [...places].sort((a, b) => a - b).map((i) => parties[i] as P)
  }
}
