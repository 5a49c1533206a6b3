import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Logger } from 'pino'
import { buildApp, type App } from './app.js'
import type { Config } from './config.js'
import { createLog } from './gateway/log.js'
import { writeSecret } from './store/secrets.js'
import { mendable } from './start-error.js'
import { asJson, asText } from './start-message.js'

/** Bad flags, bad settings, a port in use: what the person who starts it can mend. */
const EXIT_SETTING = 2

/** Milliseconds that closing the databases may take beyond SHUTDOWN_TIMEOUT_MS. */
const FLUSH_MS = 10_000

/** Milliseconds that a start which failed may take to clear up. */
const FAILED_START_MS = 5_000

/** The file of the data directory in which the CLI finds a running gateway. */
export const RUNNING = 'gateway.json'

function stop (error: unknown, config: Config): never {
  const sentence = mendable(error, config)
  if (sentence === null) throw error
  process.stderr.write(`blnk-gateway: ${sentence}\n`)
  process.exit(EXIT_SETTING)
}

/**
 * Stops the gateway once, on a signal or when a part of it is gone: lets running requests end, flushes, and ends the process.
 * @returns whether it is stopping
 */
function stopWhenTold (app: App, config: Config, log: Logger): () => boolean {
  let closing = false
  const close = (code: number): void => {
    if (closing) return
    closing = true
    setTimeout(() => {
      log.error('the stop took too long')
      process.exit(1)
    }, config.shutdownTimeoutMs + FLUSH_MS).unref()
    app.close().then(() => {
      if (isKept(config)) rmSync(join(config.dataDir, RUNNING), { force: true })
      process.exit(code)
    }, (error: unknown) => {
      log.error({ err: error }, 'the stop failed')
      process.exit(1)
    })
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      log.info(`${signal}: stopping`)
      close(0)
    })
  }
  const again = [config.tlsCert, config.auditStream === undefined ? undefined : 'the file of AUDIT_STREAM', config.file?.path].filter((one) => one !== undefined)
  // Without anything to read or open again, SIGHUP says that the terminal was closed.
  if (again.length > 0) {
    process.on('SIGHUP', () => {
      log.info(`SIGHUP: reading or opening again ${again.join(', ')}`)
      app.reload()
    })
  }
  app.died.then((error) => {
    log.fatal({ err: error }, error.message)
    close(1)
  }, () => {})
  return () => closing
}

const isKept = (config: Config): boolean => !config.ephemeral && config.databaseUrl === undefined

/** Starts the gateway, says what to know, and runs until it is told to stop. */
export async function main (config: Config, json: boolean): Promise<void> {
  const log = createLog(config.logLevel, process.stderr.isTTY)
  let app: App | undefined
  try {
    app = buildApp(config, log)
    // Before anything is printed: whoever reads the line may stop the gateway at once.
    const isStopping = stopWhenTold(app, config, log)
    await app.listen()
    const started = await app.started
    if (isStopping()) return
    if (isKept(config)) writeSecret(config.dataDir, RUNNING, JSON.stringify({ url: started.url, admin_url: started.adminUrl, certificate: started.certificate, pid: process.pid }))
    process.stdout.write(json ? asJson(started) : asText(started, config))
  } catch (error) {
    // Its sockets and its lock; a start that failed has nothing else to end in order.
    await Promise.race([app?.close().catch(() => {}), wait(FAILED_START_MS)])
    stop(error, config)
  }
}
