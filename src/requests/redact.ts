// What is kept of a request never holds a secret. Bodies are cut at a limit and need not be JSON at all, so everything
// here works on text, and takes away too much where it cannot tell.

import { byName } from '../lib/by-name.js'

export const REMOVED = '[removed]'

/** How much of a token shows (spec/00 0.2): `blnk_` and eight characters, as a list of keys has it. */
const SHOWN = 13

// The quantifiers have bounds so that no text, however made, is read more than a few times over.
/** All but the id of an OAuth client, which is no secret (RFC 6749 2.2), and by which the audit log is searched. */
const TOKEN = /blnk_(?!client_[\w-]{22}(?![\w.~+/-]))[\w.~+/-]{9,}=*/g
const BEARER = /(\bbearer:?\s{1,20})[\w.~+/-]{16,}=*/gi
const BASIC = /(\bbasic:?\s{1,20})([\w+/-]{4,}=*)/gi
/** RFC 7519 3; its first part is the base64url of `{"`. */
const JWT = /(?<![\w-])eyJ[\w-]{8,}\.[\w-]{2,}(?:\.[\w-]*)?/g
const PRIVATE_KEY = /(-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----)[^]*?(?=-----END|$)/g
const USER_INFO = /(:\/\/)[^\s/?#"'<>]*@/g
const PAIR_VALUE = /=[^&\s"';,=]+/g
const PAIR_NAME = /[\w.%~[\]-]{1,64}$/
const BARE_NAME = /([\w$-]{1,64})['`\s]{0,20}:\s{0,20}/g
const BARE_BEFORE_BRACKET = /([\w$-]{1,64})['`\s]{0,20}[:=]\s{0,20}(?=[[{])/g
/** What stands without double quotes. Of a list or an object it cannot be told where it ends. */
const BARE_VALUE = /'(?:\\.|[^'\\])*'?|`(?:\\.|[^`\\])*`?|[[{][^]*|[^"',}\]\n]+/y
/** At the end of a text that was cut: what would have been one of the above. */
const CUT_BEARER = /(\b(?:bearer|basic):?\s{1,20})\S+$/i
const CUT_USER_INFO = /(:\/\/)[^\s/?#"'<>@]*:[^\s/?#"'<>@]*$/

/** A text without any of these holds nothing to take away; a backslash can spell them all. Go folds U+017F and U+212A. */
const SUSPECT = /secret|token|pass|pwd|key|credential|auth|cookie|dsn|database|jwt|eyJ|otp|pin|cv[vc]|sig|hmac|blnk_|bearer|basic|:\/\/|[\\%]/iu

const SECRET_NAME = /secret|password|passwd|passphrase|pwd|credential|^authorization$|^proxy-authorization$|^(set-)?cookie2?$|^dsn$|^database_?url$/iu
/** `api_key`, `apiKey`, `X-Auth-Token`: of a name's words one ends so; `tokenized_fields` and `monkeys_fed` have none. */
const SECRET_WORD = /^(?:(?:\w*token|key)s?|\w*(?:api|core|access|private|master|signing|encryption|blnk)keys?)\d*$/iu
/** `X-Forwarded-Authorization`, `card_pin`; `authorization_id` and `auth_type` are none. */
const SECRET_LAST_WORD = /^(?:auth|authori[sz]ation|authentication|cookies?|pass|passcode|jwt|otp|pin|cv[vc]|sig|signature|hmac)\d*$/iu
const FINE = /^(?:token_type|(?:api_)?key_(?:prefix|id|name)|idempotency[-_]key|access-control-allow-credentials)$/i

/** Whether what a member, a field or a header of this name holds is a secret. */
export const isSecretName = byName(saysSecret)

function saysSecret (name: string): boolean {
  if (FINE.test(name)) return false
  if (SECRET_NAME.test(name)) return true
  const words = name.replace(/([a-z\d])(?=[A-Z])|([A-Z])(?=[A-Z][a-z])/g, '$&_').split(/[^\p{L}\d]+/u).filter((word) => word !== '')
  return words.some((word) => SECRET_WORD.test(word)) || SECRET_LAST_WORD.test(words.at(-1) ?? '')
}

/** In a form or a query, RFC 6749's grants too. */
const isSecretField = (name: string): boolean => isSecretName(name) || /^code(_verifier)?$/i.test(name)

const shown = (token: string): string => `${token.slice(0, SHOWN)}…`

/** What is no percent-encoding of a character stays as it is, and what stands beside it is read all the same. */
const unescaped = (text: string): string => text.replaceAll('+', ' ').replace(/(?:%[\da-f]{2})+/gi, (run) => {
  try {
    return decodeURIComponent(run)
  } catch {
    return run.replace(/%[2-7][\da-f]/gi, (one) => String.fromCharCode(parseInt(one.slice(1), 16)))
  }
})

/** `user:password` in base64 (RFC 7617 2); "Basic subscription" is none. */
const isUserAndPassword = (text: string): boolean => /^[^\p{Cc}\ufffd]*:[^\p{Cc}\ufffd]*$/u.test(Buffer.from(text, 'base64').toString())

/** `api_key: abc` and `'api_key': 'abc'`: names without quotes are no JSON, and people send them all the same. */
function redactBare (text: string): string {
  let out = ''
  let at = 0
  for (const { 0: found, 1: name, index } of text.matchAll(BARE_NAME)) {
    const value = index + found.length
    if (index < at || !isSecretName(name as string)) continue
    BARE_VALUE.lastIndex = value
    if (!BARE_VALUE.test(text)) continue
    out += text.slice(at, value) + REMOVED
    at = BARE_VALUE.lastIndex
  }
  return out + text.slice(at)
}

/** Text that is no JSON, or inside of one of its strings. `cut`: more of it followed, which is not kept. */
function redactPlain (text: string, cut: boolean): string {
  let whole = text.includes(':') ? redactBare(text) : text
  if (whole.includes('=')) {
    const before = whole
    whole = before.replace(PAIR_VALUE, (value: string, at: number) => {
      const name = PAIR_NAME.exec(before.slice(Math.max(0, at - 64), at))?.[0]
      return name !== undefined && isSecretName(unescaped(name)) ? `=${REMOVED}` : value
    })
  }
  if (whole.includes('blnk_')) whole = whole.replace(TOKEN, shown)
  if (whole.includes('://')) whole = whole.replace(USER_INFO, `$1${REMOVED}@`)
  if (whole.includes('eyJ')) whole = whole.replace(JWT, REMOVED)
  if (whole.includes('PRIVATE KEY')) whole = whole.replace(PRIVATE_KEY, `$1${REMOVED}`)
  whole = whole.replace(BEARER, `$1${REMOVED}`).replace(BASIC, (all, scheme: string, value: string) => isUserAndPassword(value) ? scheme + REMOVED : all)
  return cut ? whole.replace(CUT_BEARER, `$1${REMOVED}`).replace(CUT_USER_INFO, `$1${REMOVED}`) : whole
}

/** Between the strings of a JSON text. */
const redactBetween = (text: string, cut: boolean): string => !/[^\s:,{}[\]]/.test(text) ? text : redactPlain(text, cut)

/** After the string whose opening quote is at `at`; -1 where it does not end. */
function stringEnd (text: string, at: number): number {
  for (let i = at + 1; i < text.length; i++) {
    if (text[i] === '\\') i++
    else if (text[i] === '"') return i + 1
  }
  return -1
}

function afterSpace (text: string, at: number): number {
  while (/\s/.test(text[at] ?? '')) at++
  return at
}

/** After the value that begins at `at`. What is no JSON value ends with the text. */
function valueEnd (text: string, at: number): number {
  const orAll = (end: number): number => end === -1 ? text.length : end
  if (text[at] === '"') return orAll(stringEnd(text, at))
  if (text[at] !== '{' && text[at] !== '[') {
    const scalar = /(?:-?\d[\d.eE+-]*|true|false|null)(?=[\s,}\]])/y
    scalar.lastIndex = at
    return scalar.test(text) ? scalar.lastIndex : text.length
  }
  let depth = 0
  for (let i = at; i < text.length; i++) {
    if (text[i] === '"') i = orAll(stringEnd(text, i)) - 1
    else if (text[i] === '{' || text[i] === '[') depth++
    else if ((text[i] === '}' || text[i] === ']') && --depth === 0) return i + 1
  }
  return text.length
}

/** Where a list or an object ends that a secret's bare name has begun before `quote`, and that goes on there; -1 for none. */
function bareEnd (text: string, { at, quote }: { at: number, quote: number }): number {
  let end = at
  for (const { 0: found, 1: name, index } of text.slice(at, quote).matchAll(BARE_BEFORE_BRACKET)) {
    if (at + index < end || !isSecretName(name as string)) continue
    end = valueEnd(text, at + index + found.length)
    if (end > quote) return end
  }
  return -1
}

/** The characters of a JSON string; undefined for what is none. */
function decoded (inside: string): string | undefined {
  if (!inside.includes('\\')) return inside
  try {
    // Control characters, which JSON does not allow in a string and people send.
    return JSON.parse(`"${inside.replace(/\p{Cc}/gu, ' ')}"`) as string
  } catch {
    return undefined
  }
}

/** The inside of a JSON string, as it was spelled where nothing is taken away. One that cannot be read is not kept. */
function redactString (inside: string, cut: boolean): string {
  const text = decoded(inside) ?? (cut ? decoded(inside.replace(/\\(?:u[\da-f]{0,3})?$/i, '')) : undefined)
  if (text === undefined) return REMOVED
  const kept = text.includes('"') ? redactText(text, cut) : redactPlain(text, cut)
  return kept === text ? inside : JSON.stringify(kept).slice(1, -1)
}

/** JSON, also broken or cut, and whatever else is text. */
export function redactText (text: string, cut = false): string {
  if (!SUSPECT.test(text)) return text
  let out = ''
  let at = 0
  for (let quote = text.indexOf('"'); quote !== -1; quote = text.indexOf('"', at)) {
    const before = text.slice(at, quote)
    out += redactBetween(before, false)
    const over = bareEnd(text, { at, quote })
    if (over !== -1) {
      at = over
      continue
    }
    const closing = stringEnd(text, quote)
    const closed = closing !== -1
    const end = closed ? closing : text.length
    const inside = text.slice(quote + 1, closed ? end - 1 : end)
    const bare = before.length < 3 ? undefined : /([\w$-]{1,64})\s{0,20}[:=]\s{0,20}$/.exec(before.slice(-110))?.[1]
    if (bare !== undefined && isSecretName(bare)) {
      out += `"${REMOVED}"`
      at = end
      continue
    }
    out += `"${redactString(inside, cut && !closed)}${closed ? '"' : ''}`
    at = end
    const sign = afterSpace(text, end)
    if ((text[sign] !== ':' && text[sign] !== '=') || !isSecretName(decoded(inside) ?? 'secret')) continue
    const value = afterSpace(text, sign + 1)
    out += text.slice(end, value)
    at = value
    if (value === text.length) continue
    at = valueEnd(text, value)
    out += `"${REMOVED}"`
  }
  return out + redactBetween(text.slice(at), cut)
}

/** A form or a query: names and values with `=` and `&` between them. */
export function redactForm (text: string): string {
  return text.split('&').map((pair) => {
    const equals = pair.indexOf('=')
    const [name, value] = equals === -1 ? ['', pair] : [pair.slice(0, equals), pair.slice(equals + 1)]
    if (isSecretField(unescaped(name))) return `${name}=${REMOVED}`
    const [plainName, plainValue] = [name, value].map((one) => {
      const read = unescaped(one)
      const kept = redactText(read, true)
      return kept === read ? one : kept
    })
    return equals === -1 ? plainValue : `${plainName}=${plainValue}`
  }).join('&')
}

/** A request's target, or a URL: path and query. */
export function redactTarget (target: string): string {
  const at = target.indexOf('?')
  const path = at === -1 ? target : target.slice(0, at)
  if (at === -1 && !SUSPECT.test(path)) return path
  const read = unescaped(path)
  const kept = redactPlain(read, false)
  const shownPath = kept === read ? path : kept
  return at === -1 ? shownPath : `${shownPath}?${redactForm(target.slice(at + 1))}`
}

/** Of a flat list, name and value by turns: pairs, in their order. */
export function redactHeaders (flat: readonly string[]): Array<[name: string, value: string]> {
  const pairs: Array<[string, string]> = []
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i] as string
    const value = flat[i + 1] as string
    const kept = isSecretName(name) ? REMOVED : /^(location|referer|content-location)$/i.test(name) ? redactTarget(value) : redactText(value)
    pairs.push([name, kept])
  }
  return pairs
}

/** What our own sentences tell people to send. */
const PLACEHOLDER = /(Authorization: Bearer YOUR_[A-Z_]+)/

/** A sentence of ours, in which something that was sent may stand. */
export const redactSentence = (text: string): string => text.split(PLACEHOLDER).map((part, i) => i % 2 === 1 ? part : redactText(part)).join('')
