import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { examineSettings, processEnvironment, SETTINGS, type Config, type Examined } from '../config.js'
import { checkFile, type FileObjects } from './check.js'
import { SettingError, type Environment, type Given, type Sources } from './origins.js'
import { resolveText } from './references.js'
import { readText } from './text.js'

/** A configuration file as it was read. */
export interface ConfigFile {
  readonly path: string
  readonly objects: FileObjects
  /** Itself and the files that it refers to, absolute. */
  readonly watched: readonly string[]
  /**
   * Reads it again, and the files that it refers to. Variables and flags stay as they were at the start.
   * @throws ConfigFileError
   */
  again (): Config
}

/** A wrong setting, or a file that is: the first problem in one sentence, and all of them. */
export class ConfigFileError extends SettingError {
  /** @param watched what to look at for it to become right */
  constructor (readonly problems: readonly string[], file: string | undefined, readonly watched: readonly string[] = []) {
    const others = problems.length - 1
    super(others === 0 ? problems[0] : `${problems[0]} (and ${others} more: blnk-gateway config check${file === undefined ? '' : ` ${file}`} shows ${others === 1 ? 'it' : 'them'})`)
  }
}

export interface ExaminedAll extends Examined {
  /** undefined: none is named, or it cannot be read */
  readonly objects: FileObjects | undefined
  readonly path: string | undefined
  readonly watched: readonly string[]
}

type Flags = Sources['flags']

const NO_SETTINGS: ReadonlyMap<string, Given> = new Map()

function readFile (path: string, environment: Environment): { settings: ReadonlyMap<string, Given>, objects?: FileObjects, problems: readonly string[], watched: readonly string[] } {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    return { settings: NO_SETTINGS, problems: [`CONFIG_FILE (--config) ${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`], watched: [resolve(path)] }
  }
  const watched = [resolve(path)]
  const referred = { folder: dirname(resolve(path)), variable: (name: string) => environment[name], read: (file: string) => readFileSync(file, 'utf8') }
  return { ...checkFile(readText(text, path), (each) => resolveText(each, referred, (file) => { watched.push(file) })), watched }
}

/** Reads flags, environment and the file that they name, and gathers all that is wrong. */
export function examine (environment: Environment, flags: Flags): ExaminedAll {
  const path = flags['config'] ?? (environment[SETTINGS.config.env] === '' ? undefined : environment[SETTINGS.config.env])
  const read = path === undefined ? { settings: NO_SETTINGS, problems: [], watched: [] } : readFile(path, environment)
  const { config, problems, origins } = examineSettings({ environment, flags, file: read.settings })
  const all = [...read.problems, ...problems]
  const { objects, watched } = { objects: undefined, ...read }
  const file = path === undefined || objects === undefined ? {} : { file: { path, objects, watched, again: () => loadConfig(environment, flags) } }
  return { config: all.length > 0 || config === undefined ? undefined : { ...config, ...file }, problems: all, origins, objects, path, watched }
}

/**
 * Reads every setting, and the file of CONFIG_FILE or --config.
 * @param flags by setting name; they win over the environment, which wins over the file
 * @throws ConfigFileError
 */
export function loadConfig (environment: Environment = processEnvironment(), flags: Flags = {}): Config {
  const { config, problems, path, watched } = examine(environment, flags)
  if (config === undefined) throw new ConfigFileError(problems, path, watched)
  return config
}
