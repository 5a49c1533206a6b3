import type { DatabaseVerdict } from '../data/database-verdict.js'
import type { Report } from '../data/doctor.js'
import type { Verdict } from '../instances/reach.js'
import { admin, CliError, type Where } from './admin.js'
import { readText } from './read-text.js'
import { table } from './table.js'
import { jsonText } from './json-text.js'

interface Options extends Where { readonly json?: boolean }

interface Shown {
  readonly instance_id: string
  readonly name: string
  readonly kind: string
  readonly core_url: string | null
  readonly reachability: Verdict
}

const print = (text: string): void => { process.stdout.write(`${text}\n`) }

const path = (id: string): string => `/admin/instances/${encodeURIComponent(id)}`

const textIn = (file: string | undefined): string | undefined => file === undefined ? undefined : readText(file)

const variable = (name: string): string | undefined => process.env[name] === '' ? undefined : process.env[name]

interface AddOptions extends Options {
  readonly name?: string
  readonly sandbox?: string
  readonly coreUrl?: string
  readonly coreKeyFile?: string
  readonly coreCa?: string
  readonly databaseUrlFile?: string
  readonly instanceId?: string
}

function newInstance (o: AddOptions): object {
  const id = o.instanceId === undefined ? {} : { instance_id: o.instanceId }
  if (o.sandbox !== undefined) {
    if (o.coreUrl !== undefined) throw new CliError('--sandbox and --core-url exclude each other: the one makes a Core, the other names one')
    return { ...id, name: o.sandbox, sandbox: true }
  }
  if (o.name === undefined) throw new CliError('name the instance with --name, or make a sandbox with --sandbox NAME')
  const given = {
    core_url: o.coreUrl,
    core_key: textIn(o.coreKeyFile) ?? variable('CORE_KEY'),
    core_ca: textIn(o.coreCa),
    database_url: textIn(o.databaseUrlFile) ?? variable('CORE_DATABASE_URL')
  }
  return { ...id, name: o.name, ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) }
}

export async function addInstance (options: AddOptions): Promise<void> {
  const made = await admin<Shown>(options, 'POST', '/admin/instances', newInstance(options))
  print(options.json === true ? jsonText(made) : `${made.instance_id} is added. blnk-gateway instances test ${made.instance_id} says whether it answers.`)
}

export async function listInstances (options: Options): Promise<void> {
  const { data } = await admin<{ data: Shown[] }>(options, 'GET', '/admin/instances')
  if (options.json === true) return print(jsonText(data))
  print(table(['ID', 'NAME', 'KIND', 'CORE URL', 'STATE'], data.map((one) => [one.instance_id, one.name, one.kind, one.core_url ?? '', one.reachability.verdict])))
}

export async function removeInstance (id: string, options: Options): Promise<void> {
  await admin(options, 'DELETE', path(id))
  print(options.json === true ? jsonText({ instance_id: id, removed: true }) : `${id} is removed.`)
}

export async function testInstance (id: string, options: Options): Promise<void> {
  const found = await admin<Verdict & { database: DatabaseVerdict | null }>(options, 'POST', `${path(id)}/test`)
  const sentence = (one: Verdict | DatabaseVerdict): string => `${one.verdict}: ${one.message}${one.verdict === 'ok' ? ` (${one.ms} ms)` : ''}`
  const { database } = found
  print(options.json === true ? jsonText(found) : [sentence(found), ...(database === null ? [] : [`database ${sentence(database)}`])].join('\n'))
  // An instance without a database is one that the Data API is not asked about.
  if (found.verdict !== 'ok' || (database !== null && !['ok', 'no_database_url'].includes(database.verdict))) process.exitCode = 1
}

/** As SQL, what would be done in statements and the rest in comments, so that it can be read, cut and given to psql. */
function sqlOf ({ postgres, schema, lacks, advice }: Report): string {
  const head = [`-- Postgres ${postgres}; ${schema.message}.`, ...(lacks.length === 0 ? [] : [`-- Not there yet, and read as null: ${lacks.join(', ')}.`])]
  if (advice.length === 0) return [...head, '-- Nothing to add: what the filters and orders of the Data API can use is there.'].join('\n')
  const from = { core: ' (a newer Core makes it by itself)', gateway: ' (no Core makes it, and each row written costs a little more)', broken: '', statistics: '' }
  return [...head, '-- Nothing was changed. It would add:', ...advice.flatMap(({ kind, table, why, statement }) => ['', `-- ${table}: ${why}${from[kind]}.`, `${statement};`])].join('\n')
}

export async function examineInstance (id: string, options: Options): Promise<void> {
  const report = await admin<Report>(options, 'GET', `${path(id)}/doctor`)
  print(options.json === true ? jsonText(report) : sqlOf(report))
}
