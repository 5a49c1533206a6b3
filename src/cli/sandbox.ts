import { join, resolve } from 'node:path'
import { readConfig, SettingError } from '../config.js'
import { newSecret } from '../lib/ids.js'
import { startSandbox } from '../sandbox/thread.js'
import { startEmbedded } from '../store/embedded.js'
import { lockDataDir } from '../store/lock.js'
import { keptSecret, makePrivateDir } from '../store/secrets.js'
import { currentTemplate } from '../store/template.js'

/** The schema that the template of the embedded database has ready. */
const SCHEMA = 'sandbox_1'

interface Options { readonly port: string, readonly dataDir: string, readonly ephemeral?: boolean, readonly json?: boolean }

/** A Core alone: no gateway, no bearer tokens, `X-Blnk-Key` as Core has it. */
export async function runSandbox (options: Options): Promise<void> {
  if (!/^\d{1,5}$/.test(options.port) || Number(options.port) > 65535) throw new SettingError(`--port must be a whole number from 0 to 65535, and is ${JSON.stringify(options.port)}`)
  const config = readConfig()
  const dataDir = options.ephemeral === true || config.databaseUrl !== undefined ? null : resolve(options.dataDir)
  if (dataDir !== null) makePrivateDir(dataDir)
  const lock = dataDir === null ? undefined : lockDataDir(dataDir)
  const embedded = config.databaseUrl === undefined
    ? startEmbedded({ dataDir: dataDir === null ? null : join(dataDir, 'postgres'), template: currentTemplate() })
    : undefined
  const database = embedded === undefined ? { url: config.databaseUrl as string } : { socketDir: embedded.socketDir }
  const sandbox = await startSandbox({ database, host: '127.0.0.1', port: Number(options.port), logLevel: config.logLevel, uploadHosts: config.sandboxUploadHosts })
    .catch((error: NodeJS.ErrnoException) => {
      throw error.code === 'EADDRINUSE' ? new SettingError(`--port ${options.port} is in use: stop what listens there, or choose another`) : error
    })
  const key = config.sandboxCoreKey ?? keptSecret(dataDir, 'sandbox-core-key', newSecret)
  await embedded?.up
  await sandbox.open({ schema: SCHEMA, key, webhook: config.sandboxWebhookUrl === undefined ? null : { url: config.sandboxWebhookUrl, headers: {} } })
  // Before anything is printed: whoever reads the line may stop the sandbox at once.
  const close = async (): Promise<void> => {
    await sandbox.close()
    await embedded?.close()
    lock?.release()
    process.exit(0)
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      close().catch((error: unknown) => { setImmediate(() => { throw error }) })
    })
  }
  const where = dataDir === null ? '' : `, kept in ${join(options.dataDir, 'sandbox-core-key')}`
  process.stdout.write(options.json === true
    ? `${JSON.stringify({ sandbox_core_url: sandbox.url, sandbox_core_key: key })}\n`
    : `\nA sandbox Core is ready\n\n  Base URL    ${sandbox.url}\n  X-Blnk-Key  ${config.sandboxCoreKey === undefined ? `${key}${where}` : 'as SANDBOX_CORE_KEY says'}\n\n`)
}
