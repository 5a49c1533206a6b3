import type { Logger } from 'pino'
import { buildApp, type App, type Started } from './app.js'
import type { Config } from './config.js'

/**
 * Listens and waits until everything answers; a start that fails leaves nothing open.
 * @param seed in place of the file of SEED
 * @throws what mendable() of start-error.ts has a sentence for, or our own fault
 */
export async function startApp (config: Config, log: Logger, seed?: string | object): Promise<{ readonly app: App, readonly started: Started }> {
  const app = buildApp(config, log, seed)
  try {
    await app.listen()
    return { app, started: await app.started }
  } catch (error) {
    await app.close().catch(() => {})
    throw error
  }
}
