import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SettingError } from '../../config.js'
import { makeAuthority, makeLeaf } from '../../lib/certificates.js'
import { entriesOf, means } from './no-proxy.js'
import { CLOUD_HOST, startProxy } from './proxy.js'
import { writeTrust } from './trust.js'

type Environment = Readonly<Record<string, string | undefined>>

export interface Intercept {
  /** What the command is given on top of its environment. */
  readonly variables: Readonly<Record<string, string>>
  close(): Promise<void>
}

/** Days, of which one is gone: certificates begin a day ago. */
const DAYS = 2

/** curl goes by the small letters first, and so does Go by the capitals; they rarely differ. */
const either = (environment: Environment, name: string): string | undefined => [environment[name.toLowerCase()], environment[name]].find((value) => value !== undefined && value !== '')

/**
 * Takes over the Cloud's address for one command.
 * @throws SettingError for a proxy of the environment that is none
 */
export async function startIntercept (gateway: string, environment: Environment): Promise<Intercept> {
  const upstream = readableProxy(either(environment, 'HTTPS_PROXY') ?? either(environment, 'ALL_PROXY'))
  const authority = await makeAuthority('blnk-gateway exec', DAYS, CLOUD_HOST)
  const leaf = await makeLeaf(authority, [CLOUD_HOST], DAYS)
  const direct = entriesOf(either(environment, 'NO_PROXY'))
  const proxy = await startProxy({
    gateway,
    leaf,
    upstreamFor: (host, port) => direct.some((entry) => means(entry, host, port)) ? undefined : upstream
  })
  // mkdtemp makes it 0700.
  const folder = mkdtempSync(join(tmpdir(), 'blnk-gateway-exec-'))
  const noProxy = [...new Set([...direct.filter((entry) => !means(entry, CLOUD_HOST, 443)), 'localhost', '127.0.0.1', '::1'])].join(',')
  return {
    variables: {
      ...writeTrust(folder, authority.cert, environment),
      HTTPS_PROXY: proxy.url,
      https_proxy: proxy.url,
      NO_PROXY: noProxy,
      no_proxy: noProxy,
      NODE_OPTIONS: withPreload(environment['NODE_OPTIONS']),
      BLNK_INTERCEPT_PORT: String(proxy.tlsPort)
    },
    async close () {
      await proxy.close()
      rmSync(folder, { recursive: true, force: true })
    }
  }
}

/** `proxy.example:3128` is taken by most clients as http. */
function readableProxy (proxy: string | undefined): string | undefined {
  if (proxy === undefined) return undefined
  const url = proxy.includes('://') ? proxy : `http://${proxy}`
  try {
    const { protocol, username, password } = new URL(url)
    decodeURIComponent(username + password)
    if (/^(?:https?|socks(?:4a?|5h?)?):$/.test(protocol)) return url
  } catch {
    // Said below; the value may hold a password.
  }
  throw new SettingError('HTTPS_PROXY or ALL_PROXY names a proxy that cannot be read: write http://user:password@host:port, with % in the password as %25')
}

/** Quoted as https://nodejs.org/api/cli.html#node_optionsoptions says: a backslash escapes inside of quotes. */
function withPreload (before: string | undefined): string {
  const preload = `--require ${JSON.stringify(fileURLToPath(new URL('./preload.cjs', import.meta.url)))}`
  return before === undefined || before === '' ? preload : `${before} ${preload}`
}
