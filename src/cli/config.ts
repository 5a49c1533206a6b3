import { stringify } from 'yaml'
import { processEnvironment, SETTINGS } from '../config.js'
import { examine } from '../config-file/load.js'
import { shownObjects, shownSettings, type ShownSetting } from '../config-file/show.js'
import { table } from './table.js'
import { jsonText } from './json-text.js'

interface Options { readonly json?: boolean, readonly [flag: string]: string | boolean | undefined }

/** A wrong setting, as in the start's. */
const EXIT_WRONG = 2

const print = (text: string): void => { process.stdout.write(`${text}\n`) }

function examined (file: string | undefined, options: Options): ReturnType<typeof examine> {
  const flags = Object.entries(options).filter(([name]) => name in SETTINGS).map(([name, value]) => [name, value === undefined ? undefined : String(value)])
  const found = examine(processEnvironment(), { ...Object.fromEntries(flags) as Record<string, string | undefined>, ...(file === undefined ? {} : { config: file }) })
  if (found.problems.length === 0) return found
  process.stderr.write(`${found.problems.map((problem) => `blnk-gateway: ${problem}`).join('\n')}\n`)
  process.exit(EXIT_WRONG)
}

const section = (title: string, count: number, lines: string): string => count === 0 ? `${title}: none` : `${title}: ${count}\n${lines.replace(/^/gm, '  ')}`

/** Says all that is wrong, or what a start with this file would have. */
export function checkConfig (file: string | undefined, options: Options): void {
  const { path, objects, origins } = examined(file, options)
  const own = shownSettings(origins).filter(({ from }) => from !== 'standard')
  const { instances, keys } = shownObjects(objects ?? { instances: [], keys: [], place: () => '' }, Date.now())
  if (options.json === true) return print(jsonText({ file: path ?? null, settings: own, instances: instances.map(([id]) => id), keys: keys.map(([name]) => name) }))
  print([
    path === undefined ? 'No file is named (CONFIG_FILE, or the argument): the environment is right' : `${path} is right`,
    section('Settings that differ from the standard', own.length, table(['SETTING', 'VALUE', 'FROM'], own.map((one) => [one.env, one.value ?? '', one.from]))),
    section('Instances', instances.length, table(['ID', 'NAME', 'CORE', 'SECRETS'], instances)),
    section('Keys', keys.length, table(['NAME', 'KEY', 'SCOPES', 'INSTANCE', 'EXPIRES'], keys))
  ].join('\n\n'))
}

/** A line of YAML that could stand in a file; a value that is shown to nobody, or none, as a comment. */
function settingLine ({ name, value, secret, from }: ShownSetting): string {
  if (value === null) return `  # ${name}:  # not set`
  return secret || value.includes('***') ? `  # ${name}: ${value}  # ${from}` : `  ${name}: ${/^(?:\d{1,15}|true|false)$/.test(value) ? value : stringify(value).trim()}  # ${from}`
}

/** Every setting as a start would have it, and where its value comes from. */
export function printConfig (file: string | undefined, options: Options): void {
  const settings = shownSettings(examined(file, options).origins).filter(({ env }) => env !== SETTINGS.config.env)
  print(options.json === true ? jsonText(settings) : ['settings:', ...settings.map(settingLine)].join('\n'))
}
