import type { Logger } from 'pino'
import { buildApp, type App, type BuildOptions, type Started } from './app.js'
import type { Config } from './config.js'

/**
 * Listens and waits until everything answers; a start that fails leaves nothing open.
 * @throws what mendable() of start-error.ts has a sentence for, or our own fault
 */
export async function startApp (config: Config, log: Logger, options: BuildOptions = {}): Promise<{ readonly app: App, readonly started: Started }> {
  const app = buildApp(config, log, options)
  try {
    await app.listen()
    return { app, started: await app.started }
  } catch (error) {
    await app.close().catch(() => {})
    throw error
  }
}
