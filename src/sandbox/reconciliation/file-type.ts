/** How many bytes of a file tell its type. */
export const HEAD_BYTES = 512

export type FileType = 'csv' | 'json'

// Names that say that it is something else; a Core refuses these by name too.
const OTHERS = /\.(?:pdf|html?|xml|xlsx?|ods|docx?|zip|gz|png|jpe?g|gif|svg|webp|css|m?js|wasm|avif)$/i

/** Each of the first lines has as many commas as the first, which has one. The last may be cut, so it does not count. */
function looksLikeCsv (head: string, whole: boolean): boolean {
  const lines = head.split('\n')
  const complete = whole ? lines : lines.slice(0, -1)
  const commas = (line: string): number => line.split(',').length
  const [first = '', ...others] = complete
  return commas(first) > 1 && others.length > 0 && others.slice(0, 4).every((line) => line === '' || commas(line) === commas(first))
}

/** The type by the name's extension, and by content where the name does not tell; undefined: neither CSV nor JSON. */
export function fileTypeOf (filename: string, head: Buffer): FileType | undefined {
  if (/\.csv$/i.test(filename)) return 'csv'
  if (/\.json$/i.test(filename)) return 'json'
  if (OTHERS.test(filename) || head.includes(0)) return undefined
  const text = head.subarray(0, HEAD_BYTES).toString('latin1')
  if (/^[ \t\r\n]*\[/.test(text)) return 'json'
  return looksLikeCsv(text, head.length < HEAD_BYTES) ? 'csv' : undefined
}
