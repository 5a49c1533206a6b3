/** What a client sent, in a query or a form. */
export interface Parameters {
  /** By name; an empty one counts as left out (RFC 6749 3.1 and 3.2). */
  readonly values: ReadonlyMap<string, string>
  /** Names that came more than once, which is an error (RFC 6749 3.1 and 3.2). */
  readonly repeated: readonly string[]
  /** The only parameter that may be repeated (RFC 8707 2). */
  readonly resources: readonly string[]
}

/** @param parsed a query or a form as it was parsed: one text by name, or several */
export function readParameters (parsed: unknown): Parameters {
  const values = new Map<string, string>()
  const repeated: string[] = []
  let resources: string[] = []
  for (const [name, value] of Object.entries((parsed ?? {}) as Record<string, unknown>)) {
    const all = (Array.isArray(value) ? value : [value]).filter((one): one is string => typeof one === 'string')
    if (name === 'resource') resources = all.filter((one) => one !== '')
    else if (all.length > 1) repeated.push(name)
    else if (all[0] !== undefined && all[0] !== '') values.set(name, all[0])
  }
  return { values, repeated, resources }
}
