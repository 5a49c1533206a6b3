// Schemathesis (https://schemathesis.readthedocs.io) over the Data and Filters API: every answer of a seeded sandbox is one that
// openapi.yaml describes. Python 3 with venv and pip is all it needs: it installs a fixed version into a folder of its own and
// removes it. Further arguments go to `schemathesis run`: npm run schemathesis -- --seed 5 --max-examples 500
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const VERSION = '4.32.5'
// Not among them: positive_data_acceptance and negative_data_rejection. Names and values that mean nothing are passed over, as
// in Blnk Cloud, and with `Prefer: handling=strict` refused, and a schema cannot say which of two parameters is passed over.
const CHECKS = [
  'not_a_server_error', 'status_code_conformance', 'content_type_conformance', 'response_schema_conformance', 'response_headers_conformance',
  'unsupported_method', 'allow_header_conformance', 'ignored_auth', 'missing_required_header'
]
const RUN = ['--include-tag', 'Data API', '--include-tag', 'Filters API', '--checks', CHECKS.join(','), '--phases', 'examples,coverage,fuzzing', '--continue-on-failure', '--no-color']
/** What a run is with no word of its caller's. */
const STANDARD = { '--seed': '7', '--max-examples': '20' }

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'blnk-gateway-schemathesis-'))
const given = process.argv.slice(2)

function run (command, args) {
  const { status, error } = spawnSync(command, args, { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] })
  if (error !== undefined) throw error
  return status ?? 1
}

async function startGateway () {
  const gateway = spawn(process.execPath, [join(root, 'dist/src/cli/bin.js'), 'start', '--ephemeral', '--port', '0', '--json', '--seed', join(root, 'examples/seeds/marketplace.yaml')], {
    cwd: folder, stdio: ['ignore', 'pipe', 'inherit'], env: { PATH: process.env.PATH, LOG_LEVEL: 'error' }
  })
  const ended = once(gateway, 'exit').then(() => { throw new Error('the gateway did not start') })
  const [line] = await Promise.race([once(createInterface({ input: gateway.stdout }), 'line'), ended])
  ended.catch(() => {})
  return { gateway, started: JSON.parse(line) }
}

/** An id of each resource that the seed makes, so that records are found too. */
async function idsOf ({ url, api_key: key, instance_id: instance }) {
  const ids = []
  for (const [name, id] of Object.entries({ ledgers: 'ledger_id', balances: 'balance_id', transactions: 'transaction_id', identities: 'identity_id' })) {
    const answer = await fetch(`${url}/data/${name}?instance_id=${instance}&pageSize=1`, { headers: { Authorization: `Bearer ${key}` } })
    ids.push(`"path.${id}" = "${(await answer.json()).data[0][id]}"`)
  }
  return ids
}

let gateway
try {
  if (run('python3', ['-m', 'venv', 'venv']) !== 0) throw new Error('python3 -m venv failed: install python3 with its venv (Debian: python3-venv)')
  if (run('venv/bin/python', ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', `schemathesis==${VERSION}`]) !== 0) throw new Error(`pip could not install schemathesis ${VERSION}`)
  const begun = await startGateway()
  gateway = begun.gateway
  const { started } = begun
  const ids = await idsOf(started)
  writeFileSync(join(folder, 'schemathesis.toml'), `headers = { Authorization = "Bearer ${started.api_key}" }\n[parameters]\n"query.instance_id" = "${started.instance_id}"\n${ids.join('\n')}\n`, { mode: 0o600 })
  const standard = Object.entries(STANDARD).filter(([name]) => !given.includes(name)).flat()
  process.exitCode = run('venv/bin/schemathesis', ['--config-file', 'schemathesis.toml', 'run', join(root, 'openapi.yaml'), '--url', started.url, ...RUN, ...standard, ...given])
} finally {
  gateway?.kill()
  rmSync(folder, { recursive: true, force: true })
}
