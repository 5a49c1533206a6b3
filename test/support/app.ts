import { pino, type Logger } from 'pino'
import type { App, Started } from '../../src/app.js'
import { keepSecrets, keepSecretsOf, keptFile } from './kept.js'

/** A gateway of the test's own, from the compiled files, before it has begun to listen. */
export async function buildOwnApp (settings: Record<string, string>, log?: Logger): Promise<App> {
  const built = async <T>(file: string): Promise<T> => await import(new URL(`../../dist/src/${file}`, import.meta.url).href) as T
  const { buildApp } = await built<typeof import('../../src/app.js')>('app.js')
  const { readConfig } = await built<typeof import('../../src/config.js')>('config.js')
  keepSecretsOf(settings)
  return buildApp(readConfig({ PORT: '0', LOG_LEVEL: 'silent', ...settings }), log ?? pino({ level: 'trace', base: null }, pino.destination({ dest: keptFile('log-of-own-apps.text'), sync: true })), { resets: true })
}

export async function startOwnApp (settings: Record<string, string>): Promise<{ app: App, started: Started }> {
  const app = await buildOwnApp(settings)
  await app.listen()
  const started = await app.started
  keepSecrets(started.adminToken, started.apiKey, started.sandboxCoreKey)
  return { app, started }
}
