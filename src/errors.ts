/**
 * Every refusal of our own: code, status, and a sentence that says what to do next. The shape on the wire is
 * `{"error":"<sentence>","error_detail":{"code":"<CODE>","message":"<sentence>","details":…}}`.
 */
export const CATALOGUE = {
  AUTH_REQUIRED: [401, 'Authentication required: send Authorization: Bearer YOUR_API_KEY'],
  AUTH_INVALID: [401, 'Invalid or expired credentials'],
  AUTH_KEYS_UNAVAILABLE: [503, 'The keys that this token is checked with cannot be had from its issuer; try again in a moment'],
  AUTH_INSUFFICIENT_SCOPE: [403, 'This credential does not have the scope that the route needs'],
  ADDRESS_FORBIDDEN: [403, 'This key is not taken from this address'],
  INSTANCE_ID_REQUIRED: [400, 'instance_id is required: add ?instance_id=YOUR_INSTANCE_ID to the URL'],
  INSTANCE_ID_REPEATED: [400, 'instance_id is given more than once: send it once'],
  INSTANCE_NOT_FOUND: [404, 'instance not found: check instance_id'],
  INSTANCE_FORBIDDEN: [403, 'This credential is bound to another instance'],
  INSTANCE_EXISTS: [409, 'An instance with this instance_id exists: update it with PUT, or choose another id'],
  INSTANCE_WITHOUT_CORE: [409, 'This instance has no Core URL: set core_url before it can be proxied to'],
  INSTANCE_WITHOUT_DATABASE: [409, "This instance has no database URL: set database_url to that of its Core's Postgres, and the Data API can read it"],
  INSTANCE_DATABASE_UNREACHABLE: [502, 'The database of this instance cannot be reached with its database_url: `blnk-gateway instances test` says why'],
  INSTANCE_DATABASE_NOT_A_CORES: [502, "What the database_url of this instance leads to cannot be read as a Core's database"],
  INSTANCE_DATABASE_BUSY: [503, 'Too many read from the database of this instance; try again in a second'],
  DATA_TIMEOUT: [504, 'The database of this instance did not answer in time: narrow the filters, or ask for fewer rows'],
  FILTER_INVALID: [400, 'Invalid filter'],
  PARAMETER_UNKNOWN: [400, 'A parameter would be ignored'],
  CURSOR_INVALID: [400, 'This cursor is not of this list: send the next_cursor of an answer with the same instance, filters and order, or an empty cursor to begin'],
  RECORD_NOT_FOUND: [404, 'There is no record with this id in the instance'],
  ALERT_NOT_FOUND: [404, 'There is no alert with this id that this credential reaches'],
  ENTITY_NOT_FOUND: [404, 'What the alert is about was not found'],
  ENTITY_NOT_CHECKED: [502, 'An instance could not be asked whether it has what the alert is about: try again, or name another instance_id'],
  STATUS_EXISTS: [409, 'status key already exists'],
  STATUS_NOT_FOUND: [404, 'There is no status with this key among those that were made'],
  STATUS_IN_USE: [409, 'cannot delete status: alerts use this status - reassign them to another status first'],
  APP_NOT_FOUND: [404, 'There is no app with this id'],
  APP_INSTALLED: [409, 'This app is installed: uninstall it from each instance first'],
  APP_INSTALLED_ALREADY: [409, 'This app is installed on this instance already, or is just being installed or uninstalled there'],
  APP_INSTALL_FAILED: [502, 'The app was not installed, and its key is revoked'],
  APP_UNINSTALL_FAILED: [502, 'The app is still installed and its key still valid: try again, or force it'],
  APP_LAUNCH_FAILED: [502, "The app's portal does not open"],
  INSTALL_NOT_FOUND: [404, 'There is no install with this id'],
  INSTALL_NOT_ACTIVE: [409, 'This install is not active'],
  DELIVERY_NOT_REPEATABLE: [409, 'An install is not sent again, since its key is kept nowhere: install the app once more'],
  CORE_UNREACHABLE: [502, 'The Core of this instance cannot be reached'],
  CORE_BUSY: [503, 'The Core of this instance has more requests than it answers; this one was not sent to it: try again in a second'],
  CORE_BROKEN_ANSWER: [502, 'The Core of this instance answered with something that is not HTTP'],
  CORE_TIMEOUT: [504, 'The Core of this instance did not answer in time; what was asked of it may still be done'],
  IDEMPOTENCY_KEY_INVALID: [400, 'The Idempotency-Key cannot be read'],
  IDEMPOTENCY_RUNNING: [409, 'The first request with this Idempotency-Key is still running: send it again in a second, with the same key'],
  IDEMPOTENCY_UNKNOWN: [409, 'The first request with this Idempotency-Key was sent to the Core and its answer was lost: look whether it was done, and send what is still to be done with another key'],
  IDEMPOTENCY_KEY_REUSED: [422, 'This Idempotency-Key was used with another body or query: take a new key for a new request'],
  ROUTE_NOT_FOUND: [404, 'There is no such route'],
  ROUTE_METHOD_NOT_ALLOWED: [405, 'This path does not take this method: the header Allow lists those it takes'],
  NOT_BUILT: [501, 'This route of Blnk Cloud is not built yet: docs/coverage.md lists those that are'],
  ROUTE_NOT_OPEN: [404, 'This route is not available through the proxy'],
  PATH_REFUSED: [400, 'The path of this request cannot be forwarded: send it without .., //, backslashes and encoded slashes'],
  DELIVERY_NOT_FOUND: [404, 'There is no delivery with this id; of those that have ended, the last thousand are kept'],
  REQUEST_NOT_FOUND: [404, 'There is no request with this id in the request log; it keeps the last 500 of this run'],
  REQUEST_LOG_OFF: [409, 'The request log is off: start the gateway with REQUEST_LOG=on'],
  KEY_ENDED: [409, 'This key is revoked or expired, and what has ended is not rotated: make another'],
  KEY_OF_APP: [409, "This key is an app's: it has the permissions of its install, and is not rotated. Uninstall the app and install it again, or revoke the key"],
  AUDIT_UNAVAILABLE: [503, 'The audit log cannot be written, and this gateway does nothing that it cannot write down (AUDIT=strict); try again in a second'],
  MANAGED_BY_FILE: [409, 'The configuration file manages this: change it there'],
  KEY_NOT_FOUND: [404, 'There is no API key with this id'],
  OAUTH_CLIENT_NOT_FOUND: [404, 'There is no OAuth client with this id'],
  OAUTH_INVALID_REQUEST: [400, 'A parameter is missing, malformed or sent more than once'],
  OAUTH_INVALID_CLIENT: [401, 'The client is not known, revoked or expired, or its secret is wrong'],
  OAUTH_INVALID_GRANT: [400, 'The code or refresh token is not valid, or not for this client'],
  OAUTH_INVALID_SCOPE: [400, 'The scope is malformed, or none of it was granted'],
  OAUTH_UNSUPPORTED_GRANT_TYPE: [400, 'grant_type must be authorization_code or refresh_token'],
  HTTP_MALFORMED_REQUEST: [400, 'This is not an HTTP/1.1 request'],
  HTTP_REQUEST_TIMEOUT: [408, 'The request did not come in time, or too slowly'],
  HTTP_HEAD_TOO_LARGE: [431, 'The URL and headers of this request are larger than 16 KiB'],
  GEN_PAYLOAD_TOO_LARGE: [413, 'The body of this request is larger than 5 MiB'],
  GEN_MALFORMED_REQUEST: [400, 'The body of this request is not JSON'],
  GEN_VALIDATION_ERROR: [400, 'The request is not valid'],
  LOGIN_FAILED: [401, 'This is not the password'],
  LOGIN_TOO_OFTEN: [429, 'Too many people try to log in: try again in a few seconds'],
  LOGIN_NEEDS_HTTPS: [403, 'Log in by https, or on the machine that the gateway runs on: set TLS_CERT and TLS_KEY, or PUBLIC_URL to the https address before it'],
  FORM_REFUSED: [403, 'This form is too old, or not for this browser: load its page again, and see that the browser keeps cookies'],
  SEED_NOT_FOUND: [404, 'The sandbox was not begun from a seed: start the gateway with --seed FILE, and reset the sandbox where it holds data'],
  SEED_REFUSED: [409, 'The seed cannot be applied'],
  FAULTS_OFF: [409, 'Faults are off: start the gateway with --ephemeral or FAULTS=on'],
  FAULT_INJECTED: [500, 'A fault that was asked for with POST /admin/instances/{id}/faults'],
  GEN_INTERNAL: [500, 'Something went wrong in the gateway; the log has it under this X-Request-Id'],
  RATE_LIMITED: [429, 'Too many requests: try again after the seconds that Retry-After says'],
  RATE_LIMIT_STORE_DOWN: [503, 'Requests cannot be counted at the moment, and are refused meanwhile; try again in a second'],
  DATABASE_GONE: [503, "The gateway's own database does not answer, without which this cannot be done: try again in a few seconds"],
  CREDENTIALS_STALE: [503, "The gateway's own database has not answered for too long, so credentials cannot be checked: try again in a few seconds"],
  GATEWAY_NOT_READY: [503, 'The gateway is starting; try again in a second']
} as const satisfies Record<string, readonly [status: number, sentence: string]>

export type ErrorCode = keyof typeof CATALOGUE

/**
 * What the form of a request gives away about its mistake. The sentence of the refusal ends with it, and its name is
 * `details.hint`. Never what is known here of the credential or of an instance: unknown, expired and revoked stay alike.
 */
export const HINTS = {
  core_header: 'X-Blnk-Key is read by a Core alone, to which the gateway sends the Core\'s own',
  other_header: 'X-Api-Key is not read',
  credential_in_query: 'A credential in the URL is not read, since URLs are logged and shared: put it into the header',
  basic_credentials: 'Basic is not the scheme of an API key, Bearer is',
  scheme_missing: 'The header has a token without a scheme: put the word Bearer before it',
  token_missing: 'Nothing comes after Bearer: is the variable set?',
  token_malformed: 'A token is one word of letters, digits and -._~+/ without quotes',
  refresh_token: 'This is a refresh token: exchange it at POST /oauth/token, and send the access token',
  core_key: 'API keys start with blnk_: this looks like a Core key, which the gateway sends to its Core by itself, or like the admin token, which opens /admin alone',
  api_key_for_admin: 'This is an API key: the admin token is the file admin-token of the data directory, or BLNK_ADMIN_TOKEN',
  instance_empty: 'It is there and empty: is the variable set?',
  instance_spelling: 'The parameter is spelled instance_id',
  instance_in_header: 'It is not read from a header',
  instance_in_body: 'It is not read from the body'
} as const satisfies Record<string, string>

export type Hint = keyof typeof HINTS

/** Thrown for an answer of our own. Its cause stays in the log and is never in the answer. */
export class GatewayError extends Error {
  readonly status: number

  constructor (readonly code: ErrorCode, options: { message?: string, hint?: Hint | undefined, details?: unknown, cause?: unknown, headers?: Readonly<Record<string, string>>, status?: number } = {}) {
    const sentence = options.message ?? CATALOGUE[code][1]
    super(options.hint === undefined ? sentence : `${sentence}. ${HINTS[options.hint]}`, { cause: options.cause })
    this.status = options.status ?? CATALOGUE[code][0]
    this.details = options.hint === undefined ? options.details : { hint: options.hint }
    this.headers = options.headers ?? {}
  }

  readonly details: unknown
  readonly headers: Readonly<Record<string, string>>

  /** The JSON text of the answer. */
  body (): string {
    return JSON.stringify({ error: this.message, error_detail: { code: this.code, message: this.message, details: this.details } })
  }
}

/** @throws GatewayError 400, with a sentence that says what to do */
export const refuse = (message: string): never => { throw new GatewayError('GEN_VALIDATION_ERROR', { message }) }

/** What was read; where a sentence stands in its place, that is what is wrong. @throws GatewayError 400 */
export const orRefuse = <T extends number | object> (read: T | string): T => typeof read === 'string' ? refuse(read) : read
