/** Longer than any request line that the gateway takes. */
const LONGEST = 16 * 1024

/**
 * A path of this gateway, as it was given; `otherwise` for anything that leads elsewhere, or might. Not put in order:
 * `/.//host` is a path here, and what is left of it in order, `//host`, is another host. Browsers take `\` for `/`, and
 * leave out tabs and line ends (https://url.spec.whatwg.org/#concept-basic-url-parser).
 */
export function localPath (text: unknown, otherwise: string): string {
  return typeof text === 'string' && text.length <= LONGEST && /^\/(?!\/)[\x21-\x5b\x5d-\x7e]*$/.test(text) ? text : otherwise
}
