import type { Logger } from 'pino'
import type { App, Started } from '../../src/app.js'

/** A gateway of the test's own, from the compiled files, before it has begun to listen. */
export async function buildOwnApp (settings: Record<string, string>, log?: Logger): Promise<App> {
  const built = async <T>(file: string): Promise<T> => await import(new URL(`../../dist/src/${file}`, import.meta.url).href) as T
  const { buildApp } = await built<typeof import('../../src/app.js')>('app.js')
  const { readConfig } = await built<typeof import('../../src/config.js')>('config.js')
  const { createLog } = await built<typeof import('../../src/gateway/log.js')>('gateway/log.js')
  return buildApp(readConfig({ PORT: '0', LOG_LEVEL: 'silent', ...settings }), log ?? createLog('silent', false))
}

export async function startOwnApp (settings: Record<string, string>): Promise<{ app: App, started: Started }> {
  const app = await buildOwnApp(settings)
  await app.listen()
  return { app, started: await app.started }
}
