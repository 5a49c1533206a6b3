import { join } from 'node:path'
import type { Started } from './app.js'
import type { Config } from './config.js'

/** The one line of `--json`. */
export function asJson (s: Started): string {
  return JSON.stringify({
    url: s.url,
    ca: s.ca,
    api_key: s.apiKey,
    admin_token: s.adminToken,
    instance_id: s.instanceId,
    sandbox_core_url: s.sandboxCoreUrl,
    sandbox_core_key: s.sandboxCoreKey
  }) + '\n'
}

/** What a person needs to send a first request. A key is printed by the start that made it, and by no other. */
export function asText (s: Started, config: Config): string {
  const lines = ['', 'blnk-gateway is ready', '', `  Base URL     ${s.url}`]
  if (s.apiKeyIsNew) lines.push(`  API key      ${s.apiKey}   scope *, shown this once: keep it`)
  if (s.instanceId !== null) lines.push(`  Instance id  ${s.instanceId}${s.sandboxCoreUrl === null ? '' : '   the sandbox'}`)
  if (s.adminUrl !== null && s.adminUrl !== s.url) lines.push(`  Admin API    ${s.adminUrl}`)
  if (s.adminUrl !== null) lines.push(`  Admin token  ${adminToken(s, config)}`)
  if (config.docs) lines.push(`  All routes   ${s.url}/docs`)
  lines.push(`  Data         ${config.databaseUrl !== undefined ? 'the server of DATABASE_URL' : config.ephemeral ? 'in memory, gone after the stop' : config.dataDir}`)
  if (config.seed !== undefined) lines.push(`  Seed         ${config.seed}   GET /admin/seed tells the ids`)
  if (config.faults) lines.push('  Faults       on: the admin API can let requests fail on purpose')
  if (s.ca !== null) lines.push('', ...trust(s.ca))
  if (s.instanceId !== null) lines.push('', ...curl(s, s.instanceId))
  if (config.ephemeral && s.adminUrl !== null) lines.push('', ...forCommands(s.adminUrl, s, config))
  return [...lines, '', ''].join('\n')
}

/** Where the token of /admin and of the commands is. One that lies nowhere is shown, since nobody could have it otherwise. */
function adminToken (s: Started, config: Config): string {
  if (config.adminToken !== undefined) return 'as BLNK_ADMIN_TOKEN says'
  return config.ephemeral ? `${s.adminToken}   gone after the stop` : `in ${join(config.dataDir, 'admin-token')}`
}

/** Without a data directory the commands have nothing to find it by. */
function forCommands (adminUrl: string, { adminToken: token }: Started, config: Config): string[] {
  const address = `export BLNK_ADMIN_URL=${adminUrl}`
  return ['  In another terminal, for the other commands of blnk-gateway:', '', `  ${config.adminToken === undefined ? `${address} BLNK_ADMIN_TOKEN=${token}` : address}`]
}

/** SSL_CERT_FILE and REQUESTS_CA_BUNDLE take the place of what is trusted otherwise; the other two add to it. */
function trust (ca: string): string[] {
  return [
    '  The certificate is of our own making. Trust it for one program, by its authority:',
    '',
    `  curl --cacert '${ca}'`,
    `  NODE_EXTRA_CA_CERTS='${ca}'   Node`,
    `  SSL_CERT_FILE='${ca}'         Go, Python, Ruby; trusts nothing else`,
    `  REQUESTS_CA_BUNDLE='${ca}'    Python's requests; trusts nothing else`
  ]
}

function curl (s: Started, instanceId: string): string[] {
  const key = s.apiKeyIsNew ? s.apiKey : '$BLNK_API_KEY'
  const command = s.ca === null ? 'curl' : `curl --cacert '${s.ca}'`
  const target = `'${s.url}/proxy/ledgers?instance_id=${instanceId}'`
  return [
    s.apiKeyIsNew ? '  Make a ledger, and read it back:' : '  Make a ledger, and read it back (the key was shown on the first start; blnk-gateway keys create --name NAME --scope "*" makes another):',
    '',
    `  ${command} -X POST ${target} -H "Authorization: Bearer ${key}" -H 'Content-Type: application/json' -d '{"name":"My first ledger"}'`,
    `  ${command} ${target} -H "Authorization: Bearer ${key}"`
  ]
}
