import type { Row } from './row.js'

/** What a request that no row answers comes near to. */
export interface Near {
  /** The methods that its path takes, in the order of the rows. */
  readonly allowed: readonly string[]
  /** Other paths that take its method, likeliest first; with the methods in front when none takes it. */
  readonly meant: readonly string[]
}

/** Prefixes of other versions, of the vendor's pages (`/cloud/…`), and the proxy's where it is too much. */
const PREFIX = /^(?:\/(?:api|cloud|proxy|v\d{1,2}))+(?=\/)/i

/** Two collections of the Filters API are singular, which its page warns of (spec/03 3.1). */
const PLURAL = /^\/(ledger|reconciliation)s\/filter$/

/** Collections of the Data API are plural, with a hyphen between words (spec/02 2.1). */
const collection = (name: string): string => name.replaceAll('_', '-').replace(/y$/, 'ie').replace(/s?$/, 's')

/** How the path may have been meant: without a slash at the end or a prefix, below /proxy, in the singular or the plural. */
function spellings (path: string): string[] {
  const bare = path.endsWith('/') ? path.slice(0, -1) : path
  const stems = [...new Set([bare, bare.replace(PREFIX, '')])]
  const all = stems.flatMap((stem) => [stem, stem.replace(PLURAL, '/$1/filter'), stem.replace(/(?<=^\/data\/)[^/]+/, collection), `/proxy${stem}`])
  if (bare === '/health') all.unshift('/health/ready')
  return [...new Set(all)].filter((one) => one !== path)
}

/**
 * Looks for what a caller may have meant, in the rows alone: which of them are open, and to whom, makes no difference.
 * @returns a function of a method and a path without its query
 */
export function createNear (rows: readonly Row[]): (method: string, path: string) => Near {
  const patterns = rows.map(({ method, path }) => ({ method, pattern: new RegExp(`^${path.replaceAll('.', '\\.').replace(/:\w+/g, '[^/]+')}$`) }))
  const methodsOf = (path: string): string[] => [...new Set(patterns.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method))]
  return (method, path) => {
    const known = spellings(path).map((one) => ({ path: one, methods: methodsOf(one) })).filter(({ methods }) => methods.length > 0)
    const same = known.filter(({ methods }) => methods.includes(method))
    return {
      allowed: methodsOf(path),
      meant: same.length > 0 ? same.map((one) => one.path) : known.map((one) => `${one.methods.join(' or ')} ${one.path}`)
    }
  }
}
