import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { SETTINGS } from '../config.js'
import { readSecret } from '../store/secrets.js'

/** A sentence for the person at the terminal; exit code 1. */
export class CliError extends Error {}

export interface Where { readonly url?: string, readonly dataDir?: string }

/** An empty variable counts as absent, as in the settings. */
const variable = (name: string): string | undefined => process.env[name] === '' ? undefined : process.env[name]

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

/** The gateway that runs on a data directory; one that was killed left its file, and another may listen there now. */
function runningUrl (dataDir: string): string | null {
  try {
    const running = JSON.parse(readFileSync(join(dataDir, 'gateway.json'), 'utf8')) as { url: string, admin_url: string | null, pid: number }
    return isAlive(running.pid) ? running.admin_url ?? running.url : null
  } catch {
    return null
  }
}

/** Where the gateway's admin API answers: the option, the variable, or the running gateway of the data directory. */
function adminUrl (where: Where): string {
  const given = where.url ?? variable('BLNK_ADMIN_URL')
  if (given !== undefined) return given.replace(/\/+$/, '')
  const dataDir = dataDirOf(where)
  const running = runningUrl(dataDir)
  if (running !== null) return running
  // A token out of a file goes to nobody but the gateway that wrote it.
  if (variable('BLNK_ADMIN_TOKEN') !== undefined) return 'http://127.0.0.1:4100'
  throw new CliError(`no gateway runs on the data directory ${dataDir}: start one with blnk-gateway start, or name another with --data-dir or --url`)
}

function adminToken (where: Where): string {
  const dataDir = dataDirOf(where)
  const token = variable('BLNK_ADMIN_TOKEN') ?? readSecret(dataDir, 'admin-token')
  if (token === null) throw new CliError(`no admin token: set BLNK_ADMIN_TOKEN, or name the gateway's data directory with --data-dir (there is none in ${dataDir})`)
  return token
}

/**
 * Calls the admin API.
 * @throws CliError with the gateway's own sentence, or one that says why it was not reached
 */
export async function admin <T> (where: Where, method: string, path: string, body?: object): Promise<T> {
  const url = adminUrl(where)
  const answer = await fetch(url + path, {
    method,
    headers: { Authorization: `Bearer ${adminToken(where)}`, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
    body: body === undefined ? null : JSON.stringify(body),
    redirect: 'error',
    signal: AbortSignal.timeout(CALL_MS)
  }).catch((error: unknown) => {
    throw new CliError(`no gateway answers at ${url}: start one with blnk-gateway start, or name it with --url`, { cause: error })
  })
  const text = await answer.text()
  let parsed: unknown
  try {
    parsed = text === '' ? null : JSON.parse(text)
  } catch (error) {
    throw new CliError(`what answers at ${url} is not a blnk-gateway`, { cause: error })
  }
  if (!answer.ok && !(path.startsWith('/health') && answer.status === 503)) {
    throw new CliError((parsed as { error?: string } | null)?.error ?? `the gateway answered ${answer.status}`)
  }
  return parsed as T
}
