import { loadConfig } from '../config-file/load.js'
import { createLog } from '../gateway/log.js'
import { startApp } from '../start-app.js'
import attachGateway from './attach.cjs'

export type TestGateway = attachGateway.TestGateway
export type TestGatewayOptions = attachGateway.TestGatewayOptions

/**
 * Starts a gateway for tests: in memory, on a free port, quiet.
 * @throws SettingError when a setting or the seed is wrong
 */
export async function startGateway (options: TestGatewayOptions = {}): Promise<TestGateway> {
  if (options.attach !== undefined) return await attachGateway(options.attach, options.adminToken ?? '', options.seed)
  const server = options.settings?.['DATABASE_URL'] !== undefined
  const config = loadConfig({ LOG_LEVEL: 'silent', PORT: '0', ...(server ? {} : { EPHEMERAL: 'true' }), ...options.settings })
  const { app, started } = await startApp(config, createLog(config.logLevel, false), { seed: options.seed, resets: true })
  const { url, ca, apiKey, instanceId, adminToken, sandboxCoreUrl, sandboxCoreKey } = started
  return {
    url,
    ca,
    apiKey: apiKey ?? '',
    instanceId: instanceId ?? '',
    adminToken,
    sandboxCoreUrl: sandboxCoreUrl ?? '',
    sandboxCoreKey: sandboxCoreKey ?? '',
    reset: app.reset,
    close: app.close
  }
}
