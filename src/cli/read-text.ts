import { readFileSync } from 'node:fs'
import { CliError } from './admin.js'

/**
 * What a file holds, without the white space around it; `-` is standard input.
 * @throws CliError
 */
export function readText (file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8').trim()
  } catch (error) {
    throw new CliError(`${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`, { cause: error })
  }
}
