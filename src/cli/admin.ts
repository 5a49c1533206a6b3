import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { SETTINGS } from '../config.js'
import { readSecret } from '../store/secrets.js'

/** A sentence for the person at the terminal; exit code 1. */
export class CliError extends Error {}

/** What the admin API refused, for a command that goes on from there; `code` and `details` are those of the answer. */
export class Refused extends CliError {
  constructor (message: string, readonly code: string, readonly details: unknown) { super(message) }
}

interface Refusal { readonly error?: string, readonly error_detail?: { readonly code?: string, readonly details?: unknown } }

const shows = (list: string): string => `blnk-gateway ${list} shows what there is`

/** What to do at a terminal. An id that is unknown is mostly another thing's, or another gateway's; a token one of before a restart. */
const HINTS: Readonly<Record<string, string>> = {
  AUTH_INVALID: 'The admin token, of BLNK_ADMIN_TOKEN or else of the data directory, is not that of this gateway',
  INSTANCE_NOT_FOUND: shows('instances list'),
  APP_NOT_FOUND: shows('apps list'),
  APP_INSTALLED: shows('apps installs'),
  INSTALL_NOT_FOUND: shows('apps installs'),
  APP_UNINSTALL_FAILED: 'blnk-gateway apps uninstall --force ends it whatever the app answers',
  DELIVERY_NOT_FOUND: shows('apps deliveries')
}

function refusalOf (refusal: Refusal | null, status: number): Refused {
  const code = refusal?.error_detail?.code ?? ''
  const hint = HINTS[code]
  return new Refused(`${refusal?.error ?? `the gateway answered ${status}`}${hint === undefined ? '' : `. ${hint}`}`, code, refusal?.error_detail?.details)
}

export interface Where { readonly url?: string, readonly dataDir?: string }

/** An empty variable counts as absent, as in the settings. */
export const variable = (name: string): string | undefined => process.env[name] === '' ? undefined : process.env[name]

/** The gateway's data directory, found as the gateway finds it. */
const dataDirOf = ({ dataDir }: Where): string => dataDir ?? variable(SETTINGS.dataDir.env) ?? SETTINGS.dataDir.standard

/** Milliseconds for one call of the admin API. */
const CALL_MS = 15_000

function isAlive (pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

export interface Address {
  readonly url: string
  /** Where that gateway answers callers; its admin API may be on a port of its own. */
  readonly callersUrl: string
  /** The one certificate to trust there, in PEM; null for what is trusted otherwise. */
  readonly certificate: string | null
}

/** The gateway that runs on a data directory; one that was killed left its file, and another may listen there now. */
function runningAddress (dataDir: string): Address | null {
  try {
    const running = JSON.parse(readFileSync(join(dataDir, 'gateway.json'), 'utf8')) as { url: string, admin_url: string | null, certificate?: string | null, pid: number }
    if (!isAlive(running.pid)) return null
    return { url: running.admin_url ?? running.url, callersUrl: running.url, certificate: running.certificate == null ? null : new X509Certificate(readFileSync(running.certificate)).toString() }
  } catch {
    return null
  }
}

const elsewhere = (url: string): Address => ({ url, callersUrl: url, certificate: null })

/** Where the gateway's admin API answers: the option, the variable, or the running gateway of the data directory. */
export function addressOf (where: Where): Address {
  const given = where.url ?? variable('BLNK_ADMIN_URL')
  if (given !== undefined && !/^https?:\/\//i.test(given)) throw new CliError(`the gateway's address must be a URL such as http://127.0.0.1:4100, and is ${given}`)
  if (given !== undefined) return elsewhere(given.replace(/\/+$/, ''))
  const dataDir = dataDirOf(where)
  const running = runningAddress(dataDir)
  if (running !== null) return running
  // A token out of a file goes to nobody but the gateway that wrote it.
  if (variable('BLNK_ADMIN_TOKEN') !== undefined) return elsewhere('http://127.0.0.1:4100')
  throw new CliError(`no gateway runs on the data directory ${dataDir}: start one with blnk-gateway start, or name another with --data-dir or --url; one with --ephemeral, by BLNK_ADMIN_URL and BLNK_ADMIN_TOKEN, as its start shows`)
}

function adminToken (where: Where): string {
  const dataDir = dataDirOf(where)
  const token = variable('BLNK_ADMIN_TOKEN') ?? readSecret(dataDir, 'admin-token')
  if (token === null) throw new CliError(`no admin token: set BLNK_ADMIN_TOKEN, or name the gateway's data directory with --data-dir (there is none in ${dataDir})`)
  return token
}

/**
 * fetch, for a gateway that is known by its certificate: it is the only one trusted, under whatever name, since its own
 * names may be another machine's view. Loaded only then.
 */
async function fetchPinned (certificate: string): Promise<typeof fetch> {
  const undici = await import('undici')
  const dispatcher = new undici.Agent({ connect: { ca: certificate, allowPartialTrustChain: true, checkServerIdentity: () => undefined } })
  return (async (input: string, init: object) => await undici.fetch(input, { ...init, dispatcher })) as unknown as typeof fetch
}

/** Why there was no answer, and what to do. */
function unreached (url: string, error: unknown): string {
  const code = ((error as Error).cause as NodeJS.ErrnoException | undefined)?.code ?? ''
  if (/CERT|SIGNATURE|ISSUER/.test(code)) return `the certificate of ${url} is not trusted (${code}): name its authority's file in NODE_EXTRA_CA_CERTS`
  return `no gateway answers at ${url}: start one with blnk-gateway start, or name it with --url`
}

/**
 * Opens an answer that goes on, such as a stream of lines.
 * @throws CliError as admin()
 */
export async function openAdmin (where: Where, path: string, signal?: AbortSignal): Promise<Response> {
  const { url, certificate } = addressOf(where)
  const request = certificate === null ? fetch : await fetchPinned(certificate)
  const answer = await request(url + path, { headers: { Authorization: `Bearer ${adminToken(where)}` }, redirect: 'error', ...(signal !== undefined && { signal }) }).catch((error: unknown) => {
    throw new CliError(unreached(url, error), { cause: error })
  })
  if (answer.ok && answer.body !== null) return answer
  throw refusalOf(await answer.json().catch(() => null) as Refusal | null, answer.status)
}

/**
 * Calls the admin API.
 * @throws CliError with the gateway's own sentence, or one that says why it was not reached
 */
export async function admin <T> (where: Where, method: string, path: string, body?: object): Promise<T> {
  const { url, certificate } = addressOf(where)
  const request = certificate === null ? fetch : await fetchPinned(certificate)
  const answer = await request(url + path, {
    method,
    headers: { Authorization: `Bearer ${adminToken(where)}`, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
    body: body === undefined ? null : JSON.stringify(body),
    redirect: 'error',
    signal: AbortSignal.timeout(CALL_MS)
  }).catch((error: unknown) => {
    throw new CliError(unreached(url, error), { cause: error })
  })
  const text = await answer.text()
  let parsed: unknown
  try {
    parsed = text === '' ? null : JSON.parse(text)
  } catch (error) {
    throw new CliError(`what answers at ${url} is not a blnk-gateway`, { cause: error })
  }
  if (!answer.ok && !(path.startsWith('/health') && answer.status === 503)) {
    throw refusalOf(parsed as Refusal | null, answer.status)
  }
  return parsed as T
}
