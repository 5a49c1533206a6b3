interface Range { readonly range: string, readonly q: number, readonly at: number }

/** An element, a parameter or a quoted string, whole: a comma or semicolon within quotes separates nothing. */
const ELEMENT = /(?:"(?:[^"\\]|\\.)*"|[^,"]|")+/g
const PARAMETER = /(?:"(?:[^"\\]|\\.)*"|[^;"]|")+/g
const MOST = 100

function rangesOf (header: string): Range[] {
  return (header.match(ELEMENT) ?? []).slice(0, MOST).map((element, at) => {
    const [range = '', ...parameters] = (element.match(PARAMETER) ?? []).map((part) => part.trim().toLowerCase())
    const weight = parameters.map((parameter) => /^q\s*=\s*([01](?:\.\d{0,3})?)$/.exec(parameter)?.[1]).find((one) => one !== undefined)
    return { range, q: Math.min(Number(weight ?? 1), 1), at }
  })
}

/** 3: named, 2: by its kind, 1: any; 0: not meant. */
function closeness (range: string, type: string): number {
  if (range === type) return 3
  if (range === `${type.split('/')[0] as string}/*`) return 2
  return range === '*/*' ? 1 : 0
}

/**
 * Which of the media types that are offered a caller prefers (RFC 9110 12.5.1): by weight, then the one that is named
 * before the one that is only covered, then as the caller lists them, then as they are offered. Parameters other than q
 * tell none apart. Where no header is sent, and where none of them is acceptable, it is the first: the header may be
 * disregarded (RFC 9110 12.1).
 */
export function preferredType <T extends string> (header: string | undefined, offered: readonly [T, ...T[]]): T {
  if (header === undefined) return offered[0]
  const ranges = rangesOf(header)
  const rated = offered.map((type) => {
    // The closest range decides, whatever weight a wider one has.
    const [best] = ranges.map((one) => ({ ...one, close: closeness(one.range, type) })).filter(({ close }) => close > 0).sort((a, b) => b.close - a.close || a.at - b.at)
    return { type, best }
  })
  const [first] = rated.flatMap(({ type, best }) => best === undefined || best.q === 0 ? [] : [{ type, ...best }])
    .sort((a, b) => b.q - a.q || b.close - a.close || a.at - b.at)
  return first?.type ?? offered[0]
}
