import { SCOPES } from '../auth/scopes.js'
import { hashKey, shownPrefix } from '../auth/credentials.js'
import { apiKey, instanceId as checkInstanceId } from '../config.js'
import { checkUrls } from '../instances/handlers.js'
import { isAddressBlock } from '../lib/address-list.js'
import { suggestion } from '../lib/nearest.js'
import { FILE_SETTINGS, INSTANCE, isSecret, KEY, SECTIONS, type Form } from './members.js'
import type { Given } from './origins.js'
import { holdsPassword, isReference, UnresolvedError } from './references.js'
import type { FileText, Path, Value } from './text.js'

/** A Core or a sandbox as the file has it, its secrets in clear. */
export interface FileInstance {
  readonly instanceId: string
  readonly name: string
  readonly sandbox: boolean
  readonly coreUrl: string | null
  readonly coreKey: string | null
  readonly databaseUrl: string | null
  /** PEM */
  readonly coreCa: string | null
}

/** An API key as the file has it. Its name is unique there. */
export interface FileKey {
  readonly name: string
  /** SHA-256 of the key */
  readonly hash: Buffer
  /** What may be shown of it. */
  readonly prefix: string
  readonly scopes: readonly string[]
  readonly instanceId: string | null
  /** Addresses and blocks in CIDR notation; null: everywhere */
  readonly addresses: readonly string[] | null
  /** RFC 3339 */
  readonly expiresAt: string | null
}

/** What the file makes and removes. */
export interface FileObjects {
  readonly instances: readonly FileInstance[]
  readonly keys: readonly FileKey[]
  place (path: Path): string
}

export interface Checked {
  /** By the name of the variable. */
  readonly settings: ReadonlyMap<string, Given>
  readonly objects: FileObjects
  /** All that is wrong, each a sentence that begins with the place. */
  readonly problems: readonly string[]
}

type Fields = Readonly<Record<string, Value>>
type Resolve = (text: string) => string

const isFields = (value: Value | undefined): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value)

// eslint-disable-next-line no-template-curly-in-string
const IN_CLEAR = 'name where it is, as ${NAME} or file:PATH: the file holds no secret'

// eslint-disable-next-line no-template-curly-in-string
const KEY_IN_CLEAR = 'a key does not stand in the file: write key: ${NAME} or key: file:PATH, or its hash, which blnk-gateway keys hash prints'

// What Postgres does not store in text, and what has no form in UTF-8.
const UNSTORABLE = /[\0\p{Surrogate}]/u

/** Reads the members of a file, and gathers what is wrong. */
class Reader {
  readonly problems: string[] = []

  constructor (private readonly text: FileText, private readonly resolve: Resolve) {}

  wrong (path: Path, what: string, of?: 'name'): undefined {
    this.problems.push(`${this.text.place(path, of)}: ${what}`)
  }

  /** The members of a map, each of them known. */
  fields (path: Path, value: Value | undefined, known: readonly string[] | undefined, what: string): Fields {
    if (value === undefined || value === null) return {}
    if (!isFields(value)) {
      this.wrong(path, `${what} is a map of members`)
      return {}
    }
    for (const member of Object.keys(value)) {
      if (known !== undefined && !known.includes(member)) this.wrong([...path, member], `${what} has no ${member}: ${suggestion(member, known)}`, 'name')
    }
    return value
  }

  /** What a scalar stands for. */
  one (path: Path, value: Value | undefined): string | undefined {
    if (value === undefined) return undefined
    if (value === null || value === '') return this.wrong(path, 'is empty: give it a value, or leave it out', 'name')
    if (typeof value === 'boolean') return String(value)
    if (typeof value !== 'string') return this.wrong(path, 'is one text')
    try {
      const text = this.resolve(value)
      return UNSTORABLE.test(text) ? this.wrong(path, 'has a character that is no text, such as U+0000') : text
    } catch (error) {
      if (!(error instanceof UnresolvedError)) throw error
      return this.wrong(path, error.message)
    }
  }

  many (path: Path, value: Value | undefined): string[] | undefined {
    if (!Array.isArray(value)) return this.wrong(path, 'is a list')
    const all = value.map((each: Value, i) => this.one([...path, i], each))
    return all.some((each) => each === undefined) ? undefined : all as string[]
  }

  secret (path: Path, value: Value | undefined, sentence = IN_CLEAR): string | undefined {
    return typeof value === 'string' && value !== '' && !isReference(value) ? this.wrong(path, sentence) : this.one(path, value)
  }

  /** A member by its form; undefined where it is left out or wrong. */
  member (path: Path, value: Value | undefined, form: Form): string | undefined {
    if (form === 'secret') return this.secret(path, value)
    if (form === 'address' && typeof value === 'string' && holdsPassword(value)) return this.wrong(path, `it holds a password: ${IN_CLEAR}`)
    return this.one(path, value)
  }

  /** What a rule of the settings or of the admin API says of a value. */
  rule <T> (path: Path, read: () => T): T | undefined {
    try {
      return read()
    } catch (error) {
      return this.wrong(path, (error as Error).message)
    }
  }
}

function settingsOf (reader: Reader, text: FileText, value: Value | undefined): Map<string, Given> {
  const settings = new Map<string, Given>()
  for (const [name, given] of Object.entries(reader.fields(['settings'], value, [...FILE_SETTINGS.keys(), 'config_file'], 'settings'))) {
    const path = ['settings', name]
    const env = FILE_SETTINGS.get(name)?.env
    if (name === 'config_file') reader.wrong(path, 'a file does not name another: give it by CONFIG_FILE or --config', 'name')
    if (env === undefined) continue
    const read = Array.isArray(given)
      ? reader.many(path, given)?.join(',')
      : isSecret(env) ? reader.secret(path, given) : reader.member(path, given, env.endsWith('_URL') ? 'address' : 'text')
    if (read !== undefined) settings.set(env, { text: read, place: text.place(path) })
  }
  return settings
}

function instanceOf (reader: Reader, id: string, value: Value): FileInstance | undefined {
  const path = ['instances', id]
  const before = reader.problems.length
  const fields = reader.fields(path, value, Object.keys(INSTANCE), 'an instance')
  reader.rule(path, () => checkInstanceId('the id')(id))
  const read = (name: string): string | null => reader.member([...path, name], fields[name], INSTANCE[name]?.[0] as Form) ?? null
  const sandbox = read('sandbox')
  if (sandbox !== null && !['true', 'false'].includes(sandbox)) reader.wrong([...path, 'sandbox'], 'must be true or false')
  const [name, coreUrl, coreKey, databaseUrl, coreCa] = ['name', 'core_url', 'core_key', 'database_url', 'core_ca'].map(read) as [string | null, string | null, string | null, string | null, string | null]
  if (name !== null && name.length > 200) reader.wrong([...path, 'name'], 'is longer than 200 characters')
  reader.rule([...path, 'core_url'], () => { checkUrls({ core_url: coreUrl }) })
  reader.rule([...path, 'database_url'], () => { checkUrls({ database_url: databaseUrl }) })
  if (coreKey !== null && !/^[\x21-\x7e]{1,1000}$/.test(coreKey)) reader.wrong([...path, 'core_key'], 'must be printable ASCII without spaces, since it is sent in a header')
  if (coreCa !== null && !coreCa.includes('-----BEGIN CERTIFICATE-----')) reader.wrong([...path, 'core_ca'], 'must be a certificate in PEM: file:core-ca.pem')
  for (const member of sandbox === 'true' ? Object.keys(fields) : []) {
    if (member !== 'name' && member !== 'sandbox' && INSTANCE[member] !== undefined) reader.wrong([...path, member], 'a sandbox has a name alone', 'name')
  }
  if (reader.problems.length > before) return undefined
  return { instanceId: id, name: name ?? id, sandbox: sandbox === 'true', coreUrl, coreKey, databaseUrl, coreCa }
}

// RFC 3339 5.6; in UTC a time may lie a year before or after what is written.
const YEARS = /^(?!0000)\d{4}-/
const TIME = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/

/** The hash, and what may be shown of the key. */
function identityOf (reader: Reader, path: Path, fields: Fields): Pick<FileKey, 'hash' | 'prefix'> | undefined {
  const { key, hash } = fields
  if ((key === undefined) === (hash === undefined)) return reader.wrong(path, key === undefined ? 'a key needs its hash: blnk-gateway keys hash prints it' : 'a key has either hash or key')
  if (key !== undefined) {
    const secret = reader.secret([...path, 'key'], key, KEY_IN_CLEAR)
    const checked = secret === undefined ? undefined : reader.rule([...path, 'key'], () => apiKey('it')(secret))
    return checked === undefined ? undefined : { hash: hashKey(checked), prefix: shownPrefix(checked) }
  }
  if (typeof hash === 'string' && hash.startsWith('blnk_')) return reader.wrong([...path, 'hash'], KEY_IN_CLEAR)
  const digits = /^sha256:([\da-f]{64})$/i.exec(reader.one([...path, 'hash'], hash) ?? '')?.[1]
  if (digits === undefined) return reader.wrong([...path, 'hash'], 'must be sha256: and 64 hexadecimal digits, as blnk-gateway keys hash prints them')
  return { hash: Buffer.from(digits, 'hex'), prefix: `sha256:${digits.slice(0, 8).toLowerCase()}` }
}

function keyOf (reader: Reader, name: string, value: Value): FileKey | undefined {
  const path = ['keys', name]
  const before = reader.problems.length
  const fields = reader.fields(path, value, Object.keys(KEY), 'a key')
  if (name === '' || name.length > 200 || UNSTORABLE.test(name)) reader.wrong(path, 'a name has 1 to 200 characters, none of them U+0000', 'name')
  const identity = identityOf(reader, path, fields)
  const scopes = fields['scopes'] === undefined ? reader.wrong(path, 'a key needs scopes: a list of what it may do') : reader.many([...path, 'scopes'], fields['scopes'])
  if (scopes?.length === 0) reader.wrong([...path, 'scopes'], 'is empty: name a scope')
  for (const [i, scope] of (scopes ?? []).entries()) {
    if (!(SCOPES as readonly string[]).includes(scope)) reader.wrong([...path, 'scopes', i], `${JSON.stringify(scope)} is not a scope: ${suggestion(scope, SCOPES)}`)
  }
  const instanceId = reader.one([...path, 'instance'], fields['instance'])
  const addresses = fields['addresses'] === undefined ? null : reader.many([...path, 'addresses'], fields['addresses']) ?? null
  if (addresses?.length === 0) reader.wrong([...path, 'addresses'], 'is empty: no request could have this key; leave it out for all addresses')
  for (const [i, block] of (addresses ?? []).entries()) {
    if (!isAddressBlock(block)) reader.wrong([...path, 'addresses', i], 'must be an address or a block in CIDR notation, such as 192.0.2.7, 10.0.0.0/8 or 2001:db8::/32')
  }
  const expires = reader.one([...path, 'expires_at'], fields['expires_at'])
  if (expires !== undefined && (!TIME.test(expires) || Number.isNaN(Date.parse(expires)) || !YEARS.test(new Date(expires).toISOString()))) reader.wrong([...path, 'expires_at'], 'must be a time with its zone, such as 2027-01-31T00:00:00Z')
  if (reader.problems.length > before || identity === undefined || scopes === undefined) return undefined
  return { name, ...identity, scopes: [...new Set(scopes)], instanceId: instanceId ?? null, addresses, expiresAt: expires === undefined ? null : new Date(expires).toISOString() }
}

/** Two names for one key would be one credential with the rights of whichever came last. */
function refuseTwins (reader: Reader, keys: readonly FileKey[]): void {
  const first = new Map<string, string>()
  for (const { name, hash } of keys) {
    const twin = first.get(hash.toString('hex'))
    if (twin === undefined) first.set(hash.toString('hex'), name)
    else reader.wrong(['keys', name], `is the same key as keys.${twin}: leave one of them out`, 'name')
  }
}

/**
 * Reads the three parts of a file.
 * @param resolve what a text stands for; throws UnresolvedError
 */
export function checkFile (text: FileText, resolve: Resolve): Checked {
  const reader = new Reader(text, resolve)
  if (text.problems.length === 0 && !isFields(text.value)) reader.wrong([], `has none of ${SECTIONS.join(', ')}: write {} for a file that says nothing`)
  const top = text.problems.length > 0 || !isFields(text.value) ? {} : reader.fields([], text.value, [...SECTIONS, '$schema'], 'a configuration file')
  const settings = settingsOf(reader, text, top['settings'])
  const entries = (section: string): Array<[string, Value]> => Object.entries(reader.fields([section], top[section], undefined, section))
  const instances = entries('instances').flatMap(([id, value]) => instanceOf(reader, id, value) ?? [])
  const keys = entries('keys').flatMap(([name, value]) => keyOf(reader, name, value) ?? [])
  refuseTwins(reader, keys)
  return { settings, objects: { instances, keys, place: text.place }, problems: [...text.problems, ...reader.problems] }
}
