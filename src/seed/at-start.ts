import { SettingError } from '../config.js'
import { seedSource } from './source.js'
import { SeedError } from './text.js'

/** @throws SettingError for a seed that is wrong, or that the Core refuses */
export const asSetting = (error: unknown): never => { throw error instanceof SeedError ? new SettingError(`SEED (--seed) ${error.message}`, { cause: error }) : error }

/** A wrong seed is found before anything is opened. */
export function readableSeed (from: string | object | undefined): ReturnType<typeof seedSource> {
  try {
    const source = seedSource(from)
    source?.()
    return source
  } catch (error) {
    return asSetting(error)
  }
}
