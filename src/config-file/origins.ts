/** A wrong setting: the start ends with this sentence and exit code 2. */
export class SettingError extends Error {}

export type Environment = Readonly<Record<string, string | undefined>>

/** What a configuration file gives a setting. */
export interface Given { readonly text: string, readonly place: string }

/** Where a setting has its value from: a flag, `environment`, a place in the file, or `standard`. */
export interface Origin { readonly from: string, readonly text: string | undefined }

/** By setting name. */
export type Origins = ReadonlyMap<string, Origin>

export interface Sources {
  readonly environment: Environment
  /** By setting name. */
  readonly flags: Readonly<Record<string, string | undefined>>
  /** By the name of the variable. */
  readonly file: ReadonlyMap<string, Given>
}

interface Setting { readonly env: string, readonly flag?: string, readonly value: unknown, readonly read: (text: string) => unknown }

/** What `read` gives; a wrong setting is added to the problems. */
export function attempt <T> (read: () => T, problems: string[], place?: string): T | undefined {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof SettingError)) throw error
    problems.push(place === undefined ? error.message : `${place}: ${error.message}`)
    return undefined
  }
}

function originOf (name: string, { env, flag }: Setting, { environment, flags, file }: Sources): Origin & { readonly place?: string } {
  if (flags[name] !== undefined) return { from: flag ?? 'flag', text: flags[name] }
  if (environment[env] !== undefined && environment[env] !== '') return { from: 'environment', text: environment[env] }
  const given = file.get(env)
  return given === undefined ? { from: 'standard', text: undefined } : { from: given.place, ...given }
}

/** Every setting's value: flags win over the environment, that over a file. An empty variable counts as absent. */
export function valuesOf (settings: Readonly<Record<string, Setting>>, sources: Sources): { values: Readonly<Record<string, unknown>>, problems: string[], origins: Origins } {
  const problems: string[] = []
  const origins = new Map<string, Origin>()
  const values = Object.fromEntries(Object.entries(settings).map(([name, one]) => {
    const origin = originOf(name, one, sources)
    origins.set(name, origin)
    return [name, origin.text === undefined ? one.value : attempt(() => one.read(origin.text as string), problems, origin.place)]
  }))
  return { values, problems, origins }
}
