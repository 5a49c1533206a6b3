/**
 * Takes `instance_id` (spec/00 0.4) out of a raw query. Admission and the forwarder both read it here, so that they never differ.
 * @param query what follows the `?`
 * @returns undefined when it is there more than once, in any spelling; `rest` starts with its `?` unless nothing is left
 */
export function takeInstanceId (query: string): { instanceId: string | undefined, rest: string } | undefined {
  // What nearly every request has: nothing else.
  if (query.startsWith('instance_id=') && !query.includes('&')) return { instanceId: decode(query.slice(12)), rest: '' }
  const pairs = query.split('&')
  const at = pairs.findIndex(isInstanceId)
  if (at === -1) return { instanceId: undefined, rest: `?${query}` }
  if (pairs.findIndex((pair, index) => index > at && isInstanceId(pair)) !== -1) return undefined
  const pair = pairs[at]!
  const equals = pair.indexOf('=')
  pairs.splice(at, 1)
  return {
    instanceId: equals === -1 ? '' : decode(pair.slice(equals + 1)),
    rest: pairs.length === 0 ? '' : `?${pairs.join('&')}`
  }
}

/**
 * The one `instance_id` of a target's query; undefined for none or an empty one.
 * @returns null when it is there more than once
 */
export function instanceIdOf (target: string): string | undefined | null {
  const start = target.indexOf('?')
  if (start === -1) return undefined
  const taken = takeInstanceId(target.slice(start + 1))
  if (taken === undefined) return null
  return taken.instanceId === '' ? undefined : taken.instanceId
}

function isInstanceId (pair: string): boolean {
  if (pair.startsWith('instance_id')) return pair.length === 11 || pair[11] === '='
  return pair.includes('%') && nameIs(pair)
}

function nameIs (pair: string): boolean {
  const equals = pair.indexOf('=')
  return decode(equals === -1 ? pair : pair.slice(0, equals)) === 'instance_id'
}

/** https://url.spec.whatwg.org/#urlencoded-parsing; text that is no UTF-8 stays as it is, and then names nothing of ours */
function decode (text: string): string {
  if (!text.includes('%') && !text.includes('+')) return text
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}
