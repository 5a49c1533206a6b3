import { buildApp } from '../app.js'
import { readConfig } from '../config.js'
import { createLog } from '../gateway/log.js'
import { attachGateway } from './attach.js'

export interface TestGateway {
  /** The base URL, on a port of its own. */
  readonly url: string
  /** An API key with scope `*`. */
  readonly apiKey: string
  /** The sandbox's instance id. */
  readonly instanceId: string
  readonly adminToken: string
  /** The sandbox itself, for clients that speak to a Core. */
  readonly sandboxCoreUrl: string
  readonly sandboxCoreKey: string
  /** Brings back the state just after the start: keys, instances, an empty ledger. */
  reset(): Promise<void>
  close(): Promise<void>
}

export interface TestGatewayOptions {
  /** Settings by environment variable, such as `{ PROXY_ROUTES: 'any' }`. The process's own environment is not read. */
  readonly settings?: Readonly<Record<string, string>>
  /** The base URL of a gateway that runs already: takes a sandbox of its own from it, with a key bound to it. */
  readonly attach?: string
  /** That gateway's. */
  readonly adminToken?: string
}

/**
 * Starts a gateway for tests: in memory, on a free port, quiet.
 * @throws SettingError when a setting is wrong
 */
export async function startGateway (options: TestGatewayOptions = {}): Promise<TestGateway> {
  if (options.attach !== undefined) return await attachGateway(options.attach.replace(/\/+$/, ''), options.adminToken ?? '')
  const server = options.settings?.['DATABASE_URL'] !== undefined
  const config = readConfig({ LOG_LEVEL: 'silent', PORT: '0', ...(server ? {} : { EPHEMERAL: 'true' }), ...options.settings })
  const app = buildApp(config, createLog(config.logLevel, false))
  try {
    await app.listen()
    const { url, apiKey, instanceId, adminToken, sandboxCoreUrl, sandboxCoreKey } = await app.started
    return {
      url,
      apiKey: apiKey ?? '',
      instanceId: instanceId ?? '',
      adminToken,
      sandboxCoreUrl: sandboxCoreUrl ?? '',
      sandboxCoreKey: sandboxCoreKey ?? '',
      reset: app.reset,
      close: app.close
    }
  } catch (error) {
    await app.close().catch(() => {})
    throw error
  }
}
