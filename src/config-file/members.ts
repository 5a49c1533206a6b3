import { SCOPES } from '../auth/scopes.js'
import { SETTINGS } from '../config.js'

/** How a member is written: a `secret` as a reference alone, an `address` of a database without its password. */
export type Form = 'text' | 'secret' | 'address' | 'flag' | 'texts'

type Members = Readonly<Record<string, readonly [form: Form, about: string]>>

export const SECTIONS = ['settings', 'instances', 'keys'] as const

export const INSTANCE: Members = {
  name: ['text', 'What people call it; left out, its id.'],
  sandbox: ['flag', 'Whether it is a sandbox and not a real Core: then it has a name alone.'],
  core_url: ['text', 'The base URL of its Core.'],
  core_key: ['secret', "That Core's secret key."],
  database_url: ['address', "The URL of that Core's Postgres, for the Data API."],
  core_ca: ['text', "The certificate authority (PEM) of that Core's certificate: file:core-ca.pem."]
}

export const KEY: Members = {
  hash: ['text', 'sha256: and 64 hexadecimal digits, as blnk-gateway keys hash prints them.'],
  key: ['secret', 'The key itself, from elsewhere, in place of its hash.'],
  scopes: ['texts', 'What it may do.'],
  instance: ['text', 'The id of the one instance that it is for; left out, all.'],
  addresses: ['texts', 'The addresses and blocks (CIDR) that it is taken from; left out, all.'],
  expires_at: ['text', 'When it ends, such as 2027-01-31T00:00:00Z; left out, never.']
}

/** A setting's name in the file: that of its variable, in lower case. */
export const memberOf = (env: string): string => env.toLowerCase()

/** The settings that a file can hold, by their names in it. */
export const FILE_SETTINGS: ReadonlyMap<string, { readonly env: string, readonly about: string }> =
  new Map(Object.values(SETTINGS).filter(({ env }) => env !== SETTINGS.config.env).map((one) => [memberOf(one.env), one]))

/** Whether a setting's value is shown to nobody. */
export const isSecret = (env: string): boolean => env !== 'TLS_KEY' && /(?:KEY|TOKEN|SECRET|PASSWORD|PASSPHRASE|PASSWORD_HASH)$/.test(env)

const REFERENCE = '^(\\$\\{\\w+\\}|file:[\\s\\S]+)$'

const FORMS: Readonly<Record<Form, object>> = {
  text: { type: ['string', 'number'] },
  secret: { type: 'string', pattern: REFERENCE },
  address: { type: 'string' },
  flag: { type: 'boolean' },
  texts: { type: 'array', minItems: 1, uniqueItems: true, items: { type: 'string' } }
}

const shape = (members: Members, more: object = {}): object => ({
  type: 'object',
  additionalProperties: false,
  properties: Object.fromEntries(Object.entries(members).map(([name, [form, description]]) => [name, { description, ...FORMS[form], ...(name === 'scopes' ? { items: { enum: SCOPES } } : {}) }])),
  ...more
})

/** docs/gateway.schema.json: what editors check while a file is written. */
export function fileSchema (): object {
  const settings = [...FILE_SETTINGS].map(([name, { env, about }]) => [name, {
    description: about,
    ...(isSecret(env)
      ? { type: 'string', pattern: REFERENCE }
      : { type: ['string', 'number', 'boolean', 'array'], items: { type: ['string', 'number', 'boolean'] } })
  }])
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'The configuration file of blnk-gateway',
    type: 'object',
    additionalProperties: false,
    properties: {
      $schema: { type: 'string' },
      settings: { type: ['object', 'null'], additionalProperties: false, properties: Object.fromEntries(settings) },
      instances: { type: ['object', 'null'], propertyNames: { pattern: '^[\\w.:-]{1,128}$' }, additionalProperties: shape(INSTANCE) },
      keys: { type: ['object', 'null'], additionalProperties: shape(KEY, { required: ['scopes'], oneOf: [{ required: ['hash'] }, { required: ['key'] }] }) }
    }
  }
}
