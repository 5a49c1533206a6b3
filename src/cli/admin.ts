import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readSecret } from '../store/secrets.js'

/** A sentence for the person at the terminal; exit code 1. */
export class CliError extends Error {}

export interface Where { readonly url?: string, readonly dataDir: string }

/** Milliseconds for one call of the admin API. */
const CALL_MS = 15_000

/** Where the gateway's admin API answers: the option, the variable, or the running gateway of the data directory. */
function adminUrl ({ url, dataDir }: Where): string {
  const given = url ?? process.env['BLNK_ADMIN_URL']
  if (given !== undefined && given !== '') return given.replace(/\/+$/, '')
  try {
    const running = JSON.parse(readFileSync(join(dataDir, 'gateway.json'), 'utf8')) as { url: string, admin_url: string | null }
    return running.admin_url ?? running.url
  } catch {
    return 'http://127.0.0.1:4100'
  }
}

function adminToken ({ dataDir }: Where): string {
  const given = process.env['BLNK_ADMIN_TOKEN']
  const token = given !== undefined && given !== '' ? given : readSecret(dataDir, 'admin-token')
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
