import type { Started } from '../app.js'
import { loadConfig } from '../config-file/load.js'
import type { Config } from '../config.js'
import { createLog } from '../gateway/log.js'
import { startApp } from '../start-app.js'
import { mendable } from '../start-error.js'
import { exitCodeOf, runCommand, watchSignals } from './child.js'

type Flags = Readonly<Record<string, string | undefined>>

interface Options { readonly intercept?: boolean, readonly [flag: string]: string | boolean | undefined }

/** Where the gateway of a command is, and how it ends: nobody else reaches it, and no request is left when the command ended. */
const FIXED = { host: '127.0.0.1', port: '0', ephemeral: 'true', shutdownTimeoutMs: '0' } as const

/** Names that the command's own program is likely to read: there they are meant for it, and not for the gateway. */
export const OF_THE_COMMAND: ReadonlySet<string> = new Set([
  'CONFIG_FILE', 'HOST', 'PORT', 'ADMIN_HOST', 'ADMIN_PORT', 'TLS', 'TLS_CERT', 'TLS_KEY', 'CORS_ORIGINS', 'LOG_LEVEL', 'DATA_DIR', 'DATABASE_URL', 'DATABASE_CONNECTIONS', 'REDIS_URL', 'SEED',
  'JWT_ISSUER', 'JWT_AUDIENCE', 'JWT_JWKS_URL', 'JWT_JWKS_FILE', 'JWT_ALGORITHMS', 'JWT_CLOCK_SKEW', 'JWT_SCOPES_CLAIM', 'JWT_SCOPE_MAP', 'JWT_INSTANCES_CLAIM',
  'OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_SERVICE_NAME'
])

const START_FAILED = 2

/** @throws SettingError */
function configFor (environment: Flags, flags: Flags): Config {
  const ours = Object.fromEntries(Object.entries(environment).filter(([name]) => !OF_THE_COMMAND.has(name)))
  return loadConfig(ours, { logLevel: 'warn', ...flags, ...FIXED })
}

/** What the command is told of its gateway. */
function variablesOf (s: Started): Record<string, string> {
  const known = {
    BLNK_BASE_URL: s.url,
    BLNK_API_KEY: s.apiKey,
    BLNK_INSTANCE_ID: s.instanceId,
    BLNK_ADMIN_TOKEN: s.adminToken,
    // Our own commands, and with the token nothing else, go by it.
    BLNK_ADMIN_URL: s.adminUrl,
    BLNK_CORE_URL: s.sandboxCoreUrl,
    BLNK_CORE_KEY: s.sandboxCoreKey
  }
  return Object.fromEntries(Object.entries(known).filter((entry): entry is [string, string] => entry[1] !== null))
}

interface Ready { readonly variables: Readonly<Record<string, string>>, close(): Promise<void> }

async function start (config: Config, environment: Flags, intercepts: boolean): Promise<Ready> {
  const log = createLog(config.logLevel, process.stderr.isTTY)
  const { app, started } = await startApp(config, log)
  let closing = false
  app.died.then((error) => { if (!closing) log.fatal({ err: error }, error.message) }, () => {})
  try {
    const intercept = intercepts ? await (await import('./intercept/start.js')).startIntercept(started.url, environment) : undefined
    return {
      variables: { ...variablesOf(started), ...intercept?.variables },
      async close () {
        closing = true
        await intercept?.close()
        await app.close()
      }
    }
  } catch (error) {
    await app.close().catch(() => {})
    throw error
  }
}

/** Runs a command beside a gateway of its own, and ends with the command's exit code. */
export async function exec (command: readonly string[], { intercept, ...flags }: Options): Promise<never> {
  const environment = process.env
  const config = configFor(environment, flags as Flags)
  const signals = watchSignals([process.stdin, process.stdout, process.stderr].some((stream) => stream.isTTY))
  const ready = await start(config, environment, intercept === true).catch((error: unknown) => {
    process.stderr.write(`blnk-gateway: ${mendable(error, config) ?? (error as Error).stack ?? String(error)}\n`)
    process.exit(START_FAILED)
  })
  const code = signals.received === undefined
    ? await runCommand(command, { ...environment, ...ready.variables }, signals)
    : exitCodeOf(signals.received)
  await ready.close()
  process.exit(code)
}
