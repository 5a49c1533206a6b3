import { Command, CommanderError, Option } from 'commander'
import { SCOPES } from '../auth/scopes.js'
import { SettingError, SETTINGS } from '../config.js'
import { VERSION } from '../lib/version.js'
import { DataDirError } from '../store/embedded.js'
import { CliError } from './admin.js'
import { addAppCommands } from './apps-commands.js'
import { showAudit } from './audit.js'
import { addInstance, examineInstance, listInstances, removeInstance, testInstance } from './instances.js'
import { createKey, listKeys, printHash, revokeKey, rotateKey, showKey, updateKey } from './keys.js'
import { createClient, listClients, revokeClient } from './oauth-clients.js'
import { changePassword } from './password.js'
import { replay } from './replay.js'
import { listRequests, logs, showRequest } from './requests.js'
import { runSandbox } from './sandbox.js'
import { status } from './status.js'

const EXAMPLES = `
Examples:
  blnk-gateway start                          on 127.0.0.1:4100, data in ./.blnk-gateway
  blnk-gateway start --ephemeral --port 0 --json
  blnk-gateway exec -- npm test               a gateway for one command, told by BLNK_BASE_URL
  blnk-gateway keys create --name ci --scope proxy:read --scope proxy:write
  CORE_KEY=... blnk-gateway instances add --name production --core-url https://core.internal:5001
  blnk-gateway instances test inst_core
  blnk-gateway apps dev --callback http://localhost:5002/api/callback
  blnk-gateway logs -f --status 4xx           every refusal, as it happens
  blnk-gateway audit -f --outcome refused     who was refused what
  blnk-gateway config check gateway.yaml      all that is wrong with it, before a start
  blnk-gateway sandbox --port 5001            a Core alone, for Core's own SDKs`

const collect = (value: string, before: string[] = []): string[] => [...before, value]

const EXEC_HELP = `
The command finds BLNK_BASE_URL, BLNK_API_KEY, BLNK_INSTANCE_ID and BLNK_ADMIN_TOKEN in its environment, and of the
sandbox Core itself BLNK_CORE_URL and BLNK_CORE_KEY. BLNK_API_KEY and BLNK_INSTANCE_ID that are set already stay as
they are. Exit code: the command's; 128 and the signal's number when one ended it; 127 when there is no such command;
2 when the gateway did not start. docs/exec.md has the rest, and what --intercept cannot reach.`

/** Of a gateway that lives as long as a command. */
const EXEC_SETTINGS: ReadonlySet<string> = new Set(['config', 'logLevel', 'seed'])

const secretHelp = 'Secrets are read from the environment or from files, so that no process listing shows them.'

/** Options of every command that talks to a running gateway. */
const remote = (command: Command): Command => command
  .option('--url <url>', "the gateway's admin address (BLNK_ADMIN_URL; else the one that runs on the data directory)")
  .option('--data-dir <dir>', `the gateway's data directory, where its admin token lies (DATA_DIR; else ${SETTINGS.dataDir.standard}; or set BLNK_ADMIN_TOKEN)`)
  .option('--json', 'print JSON')

/** A command's flags out of the list of settings. */
function addSettings (command: Command, takes: (name: string) => boolean): void {
  for (const [name, setting] of Object.entries(SETTINGS)) {
    if (!('flag' in setting) || setting.flag === undefined || !takes(name)) continue
    const option = new Option(name === 'ephemeral' ? setting.flag : `${setting.flag} <value>`, `${setting.about} (${setting.env})`)
    // Read by the setting's name, whatever its flag is called.
    option.attributeName = () => name
    command.addOption(option)
  }
}

/** Filters of the request log, and how many lines. */
const filtered = (command: Command, limit: string): Command => remote(command)
  .option('--method <method>', 'only this method, such as POST')
  .option('--path <path>', 'only paths that begin so')
  .option('--row <pattern>', 'only this route, such as /proxy/ledgers/:id')
  .option('--status <status>', 'a status, or a class such as 4xx')
  .option('--instance <id>', 'only for this instance')
  .option('--key <key>', "an API key's id, name or prefix")
  .option('--reference <reference>', 'the reference that was generated')
  .option('--request-id <id>', 'an X-Request-Id')
  .option('--refused', 'only what the gateway refused')
  .option('--reason <reason>', 'only what was refused for this reason, such as insufficient_scope')
  .option('--since <time>', 'an RFC 3339 time')
  .option('--min-ms <ms>', 'only what took this many milliseconds or more')
  .option('-n, --limit <count>', 'how many of the last ones', limit)

export function buildProgram (): Command {
  const program = new Command('blnk-gateway')
    .description('The Blnk Cloud API, self-hosted, in front of any number of Blnk Cores; with a sandbox Core built in.')
    .version(VERSION)
    .configureOutput({ outputError: (text, write) => { write(`blnk-gateway: ${text.replace(/^error: /, '').trim().replaceAll('\n', ' ')}; --help shows what there is\n`) } })
    .addHelpText('after', EXAMPLES)
    .enablePositionalOptions()
    .exitOverride()

  const start = program.command('start').description('start the gateway').option('--json', 'print one line of JSON when ready, secrets included').action(startGateway)
  addSettings(start, () => true)
  start.addHelpText('after', '\nEvery other setting is an environment variable: the README has the table.')

  const exec = program.command('exec').description('run a command beside a gateway of its own, in memory, and end with its exit code')
    .argument('<command...>', 'the command and its arguments, after --')
    .option('--intercept', 'take over https://api.cloud.blnkfinance.com for the command alone: its base URL stays as it is')
    .passThroughOptions()
    .addHelpText('after', EXEC_HELP)
    .action(runExec)
  addSettings(exec, (name) => EXEC_SETTINGS.has(name))

  remote(program.command('status').description('whether the gateway and its instances answer')).action(status)

  const keys = program.command('keys').description('API keys')
  remote(keys.command('create').description('make a key; it is shown this once'))
    .requiredOption('--name <name>', 'what lists and logs call it')
    .requiredOption('--scope <scope>', `repeat for more: ${SCOPES.join(', ')}`, collect)
    .option('--instance <id>', 'bind the key to one instance')
    .option('--expires <when>', 'never (as without it), 7d, 30d, 60d, 90d, a date, or an RFC 3339 time')
    .option('--address <block>', 'take the key from this address or block (CIDR) alone; repeat for more', collect)
    .action(createKey)
  remote(keys.command('list').description('all keys, the newest first, revoked ones too'))
    .option('--status <status>', 'active, overlapping, expired or revoked')
    .option('--scope <scope>', 'only keys with this scope')
    .option('--instance <id>', 'only keys bound to this instance')
    .option('--search <text>', 'only keys whose name has this in it, or whose prefix begins so')
    .option('--limit <count>', 'how many, 100 without it')
    .option('--offset <count>', 'how many to pass over')
    .action(listKeys)
  remote(keys.command('show').description('a key, without its secret').argument('<id>')).action(showKey)
  remote(keys.command('update').description('change a key; its secret stays').argument('<id>'))
    .option('--name <name>')
    .option('--scope <scope>', 'in place of all it has; repeat for more', collect)
    .option('--expires <when>', 'never, 30d, a date, or an RFC 3339 time')
    .option('--address <block>', 'in place of all it has; repeat for more', collect)
    .option('--any-address', 'take it from everywhere')
    .action(updateKey)
  remote(keys.command('rotate').description('give a key a new secret, shown this once; all else stays').argument('<id>'))
    .option('--overlap <duration>', 'how long the old secret is taken beside it, such as 1h, at most 7d; without it, no longer')
    .action(rotateKey)
  remote(keys.command('revoke').description('revoke a key at once').argument('<id>')).action(revokeKey)
  keys.command('hash').description('print the hash of a key, for a configuration file; the key comes from standard input')
    .option('--new', 'make a key, and print it before its hash')
    .option('--json', 'print JSON')
    .action(printHash)

  remote(program.command('password').description('set the password of the pages for people (/login); it is read from the terminal, or from standard input'))
    .option('--remove', 'take it away: the login takes the admin token')
    .addHelpText('after', '\nAt least 15 characters. It ends all sessions.')
    .action(changePassword)

  const clients = program.command('oauth').description('OAuth').command('clients').description('OAuth clients: applications that act in the place of a person')
  remote(clients.command('create').description('make a client; its secret is shown this once'))
    .requiredOption('--name <name>', 'what lists and logs call it')
    .requiredOption('--scope <scope>', `repeat for more: ${SCOPES.join(', ')}`, collect)
    .option('--redirect-uri <uri>', 'an address that answers may go to; repeat for more. Without one, any that a request names', collect)
    .option('--public', 'a program that cannot keep a secret: without one, with PKCE and redirect URIs')
    .option('--expires-at <time>', 'an RFC 3339 time')
    .action(createClient)
  remote(clients.command('list').description('all clients, revoked ones too')).action(listClients)
  remote(clients.command('revoke').description('revoke a client and all its tokens at once').argument('<id>')).action(revokeClient)

  const instances = program.command('instances').description('Cores behind the gateway')
  remote(instances.command('add').description('add a Core, or a sandbox'))
    .option('--name <name>', 'what lists and logs call it; needed for a Core')
    .option('--sandbox <name>', 'make another sandbox of this name')
    .option('--core-url <url>', 'the base URL of a Core; needed without --sandbox')
    .option('--core-key-file <file>', "a file with the Core's secret key; or set CORE_KEY")
    .option('--core-ca <file>', "the certificate authority (PEM) of the Core's certificate")
    .option('--database-url-file <file>', "a file with the URL of the Core's Postgres, for the Data API; or set CORE_DATABASE_URL")
    .option('--instance-id <id>', 'an id of your own')
    .addHelpText('after', `\n${secretHelp}`)
    .action(addInstance)
  remote(instances.command('list').description('all instances, and whether they answer')).action(listInstances)
  remote(instances.command('remove').description('remove an instance and the keys bound to it').argument('<id>')).action(removeInstance)
  remote(instances.command('test').description('say what is wrong with a Core and with its database').argument('<id>')).action(testInstance)
  remote(instances.command('doctor').description("say how old the schema of a Core's database is, and which indexes the Data API would have use of; it changes nothing").argument('<id>'))
    .addHelpText('after', '\nIt prints SQL: what it would add in statements, why in comments.')
    .action(examineInstance)

  addAppCommands(program, remote)

  filtered(program.command('logs').description('a line for each of the last requests'), '50')
    .option('-f, --follow', 'go on with those to come, until the gateway stops')
    .addHelpText('after', '\nWith --json, a line of JSON each. The gateway keeps the last 500 requests unless REQUEST_LOG=off; it is off by itself with DATABASE_URL.')
    .action(logs)
  const requests = program.command('requests').description('the last requests: what was sent, what was answered')
  filtered(requests.command('list').description('the newest first'), '50').action(listRequests)
  remote(requests.command('show').description('headers and bodies of a request, secrets removed').argument('<id>', 'its id in the log, or an X-Request-Id')).action(showRequest)
  remote(requests.command('replay').description('send a request again, and say what differs').argument('<id>', 'its id in the log, or an X-Request-Id'))
    .option('--key-file <file>', 'a file with the API key to send it with; or set BLNK_API_KEY')
    .option('--base-url <url>', 'where to send it; else to the gateway it was sent to')
    .option('--same-reference', 'send the reference that was generated the first time')
    .addHelpText('after', '\nThe recorded credential is not kept, so a key of yours is needed. It changes what the first one changed, once more.')
    .action(replay)

  remote(program.command('audit').description('what was done and what was refused, the oldest first'))
    .option('--action <name>', 'only acts of this name, such as "Ledger created"')
    .option('--kind <kind>', 'only acts on ledgers, balances, transactions, identities and so on: ledger')
    .option('--entity <id>', 'only acts on this')
    .option('--actor <actor>', 'the id, name, prefix or subject of who acted')
    .option('--instance <id>')
    .option('--outcome <outcome>', 'done, refused, failed or unknown')
    .option('--status <status>', 'a status, or a class such as 4xx')
    .option('--request-id <id>', 'an X-Request-Id')
    .option('--since <time>', 'an RFC 3339 time')
    .option('--until <time>', 'an RFC 3339 time')
    .option('--csv', 'all that match, in CSV')
    .option('--verify', 'say whether all rows are as they were written; exit code 1 if not')
    .option('-f, --follow', 'go on with those to come')
    .option('-n, --limit <count>', 'how many of those that were, at most 1000', '50')
    .addHelpText('after', '\nWith --json, a line of JSON each. docs/audit.md says what a row holds.')
    .action(showAudit)

  const config = program.command('config').description('settings and the configuration file, without starting')
  for (const [name, about] of [['check', 'say all that is wrong, or what a start would have'], ['print', 'every setting, and where its value comes from']] as const) {
    const command = config.command(name).description(about)
      .argument('[file]', 'a configuration file; else CONFIG_FILE')
      .option('--json', 'print JSON')
      .addHelpText('after', '\nSecrets are shown as set, and nowhere else. Exit code: 0, or 2 where something is wrong.')
      .action(async (file: string | undefined, options: Record<string, string | boolean | undefined>) => { await runConfig(name, file, options) })
    addSettings(command, (setting) => setting !== 'config')
  }

  program.command('sandbox').description("a sandbox Core alone, for users of Core's SDKs")
    .option('--port <port>', 'the loopback port to listen on; 0 takes a free one', '5001')
    .option('--data-dir <dir>', 'where its data lies', './.blnk-sandbox')
    .option('--ephemeral', 'keep everything in memory')
    .option('--json', 'print one line of JSON when ready')
    .addHelpText('after', '\nIts X-Blnk-Key is SANDBOX_CORE_KEY, or generated and kept in the data directory.')
    .action(runSandbox)
  return program
}

async function startGateway (options: Record<string, string | boolean | undefined>): Promise<void> {
  const { json, ...flags } = options
  // Loaded only here: the other commands start faster without the server.
  const { loadConfig } = await import('../config-file/load.js')
  const config = loadConfig(undefined, Object.fromEntries(Object.entries(flags).map(([name, value]) => [name, value === undefined ? undefined : String(value)])))
  const { main } = await import('../main.js')
  await main(config, json === true)
}

async function runExec (command: readonly string[], options: Record<string, string | boolean | undefined>): Promise<void> {
  const { exec } = await import('./exec.js')
  await exec(command, options)
}

async function runConfig (name: 'check' | 'print', ...args: Parameters<typeof import('./config.js').checkConfig>): Promise<void> {
  const { checkConfig, printConfig } = await import('./config.js')
  ;(name === 'check' ? checkConfig : printConfig)(...args)
}

export async function run (argv: readonly string[]): Promise<void> {
  try {
    await buildProgram().parseAsync(argv)
  } catch (error) {
    // Commander has printed its own sentence.
    if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? 0 : 2)
    const isSetting = error instanceof SettingError || error instanceof DataDirError
    if (!(error instanceof CliError) && !isSetting) throw error
    process.stderr.write(`blnk-gateway: ${error.message}\n`)
    process.exit(isSetting ? 2 : 1)
  }
}
