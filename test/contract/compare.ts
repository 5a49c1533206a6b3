export type Difference = readonly [path: string, recorded: unknown, got: unknown]

const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g

/** JSON with each number held as the text it was sent as, told apart from a string by what it begins with. */
export function parseExact (text: string): unknown {
  return JSON.parse(text.replace(TOKEN, (token) => token.startsWith('"') ? token : `"\\u0000${token}"`))
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

function * memberDifferences (want: Record<string, unknown>, got: Record<string, unknown>, path: string): Generator<Difference> {
  for (const key of new Set([...Object.keys(want), ...Object.keys(got)])) {
    const at = path === '' ? key : `${path}.${key}`
    if (!Object.hasOwn(got, key)) yield [at, want[key], '(absent)']
    else if (!Object.hasOwn(want, key)) yield [at, '(absent)', got[key]]
    else yield * differences(want[key], got[key], at)
  }
}

/** Where two JSON values differ. The order of an object's members does not count. */
export function * differences (want: unknown, got: unknown, path = ''): Generator<Difference> {
  if (isObject(want) && isObject(got)) yield * memberDifferences(want, got, path)
  else if (Array.isArray(want) && Array.isArray(got)) {
    if (want.length !== got.length) yield [path === '' ? '*' : path, `${want.length} items`, `${got.length} items`]
    for (let i = 0; i < Math.min(want.length, got.length); i++) yield * differences(want[i], got[i], path === '' ? String(i) : `${path}.${i}`)
  } else if (want !== got) yield [path === '' ? '*' : path, want, got]
}
