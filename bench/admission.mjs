// What admission costs a request, and what keys and instances cost in memory: `npm run bench:admission`.
// Admission alone, without sockets: the head of GET /proxy/ledgers as the server hands it over, and what is loaded as the
// gateway loads it. KEYS and INSTANCES say how many, of which each request takes another.
import { createHash, randomBytes } from 'node:crypto'
import { proxyRows } from '../dist/routes/index.js'
import { Credentials, hashKey } from '../dist/src/auth/credentials.js'
import { createKeyStore } from '../dist/src/auth/store.js'
import { readConfig } from '../dist/src/config.js'
import { admit } from '../dist/src/gateway/admit.js'
import { Instances } from '../dist/src/instances/registry.js'
import { AccessTokens } from '../dist/src/oauth/access-tokens.js'
import { createDispatcher } from '../dist/src/proxy/dispatcher.js'
import { ALWAYS_FRESH } from '../dist/src/store/freshness.js'

const KEYS = Number(process.env.KEYS ?? 10_000)
const INSTANCES = Number(process.env.INSTANCES ?? 100)
const REQUESTS = Number(process.env.REQUESTS ?? 200_000)
const ROUNDS = Number(process.env.ROUNDS ?? 7)
const MOST_US = 2
const MOST_MB = 30

const config = readConfig({ EPHEMERAL: 'true' })
const row = proxyRows.find(({ method, path }) => method === 'GET' && path === '/proxy/ledgers')

/** What the gateway has in memory. Every key is of one of four sorts: plain, expired, of a list of addresses, bound to an instance. */
async function load (keys, instances) {
  const tokens = Array.from({ length: keys }, () => `blnk_${randomBytes(32).toString('base64url')}`)
  const rows = tokens.map((token, i) => ({
    hash: hashKey(token),
    former_hash: null,
    id: `key_${createHash('sha256').update(token).digest('hex').slice(0, 36)}`,
    prefix: token.slice(0, 13),
    former_prefix: null,
    name: `key number ${i}`,
    scopes: ['proxy:read', 'proxy:write'],
    kind: 'api',
    instance_id: i % 4 === 3 ? `inst_${i % instances}` : null,
    addresses: i % 4 === 2 ? ['10.0.0.0/8', '192.0.2.0/24', '2001:db8::/32'] : null,
    expires: i % 4 === 1 ? 1 : null,
    revoked: null,
    former_until: null
  }))
  const credentials = new Credentials()
  credentials.replaceAll(await createKeyStore({ query: async () => ({ rows }) }).credentials())
  const registry = new Instances((instance) => ({ origin: instance.coreUrl, basePath: '', key: instance.coreKey, dispatcher: createDispatcher({ origin: instance.coreUrl, ca: undefined, config }) }))
  registry.replaceAll(Array.from({ length: instances }, (_, i) => ({ instanceId: `inst_${i}`, name: `Core ${i}`, kind: 'core', coreUrl: `http://core-${i}.internal:5001`, coreKey: randomBytes(16).toString('hex'), databaseUrl: null, coreCa: null, sandboxSchema: null, createdAt: '', updatedAt: '' })))
  return { tokens, rooms: { config, credentials, instances: registry, tokenKinds: [new AccessTokens()], gates: [], freshness: ALWAYS_FRESH, isOpen: true } }
}

const head = (token, i, address = '192.0.2.7') => ({ id: 'r', headers: { authorization: `Bearer ${token}` }, raw: { url: `/proxy/ledgers?instance_id=inst_${i % INSTANCES}`, rawHeaders: [] }, record: { address } })

function measure (rooms, heads, expected) {
  const samples = Array.from({ length: ROUNDS }, () => {
    const { user, system } = process.cpuUsage()
    for (let i = 0; i < REQUESTS; i++) {
      let code = 'admitted'
      try { admit(rooms, row, heads[i % heads.length]) } catch (error) { code = error.who?.reason ?? String(error) }
      if (code !== expected) throw new Error(`${code} in place of ${expected}`)
    }
    const after = process.cpuUsage()
    return (after.user - user + after.system - system) / REQUESTS
  }).sort((a, b) => a - b)
  return samples[ROUNDS >> 1]
}

function bytes () {
  globalThis.gc()
  globalThis.gc()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

// What the first of anything brings along counts for neither.
await load(1, 1)
const none = bytes()
const few = await load(1, 1)
const one = bytes() - none
const before = bytes()
const { rss } = process.memoryUsage()
const many = await load(KEYS, INSTANCES)
// The keys in clear are the bench's own.
const clear = many.tokens
const listed = clear.map((token, i) => [token, i])
const all = bytes()
const moreRss = (process.memoryUsage().rss - rss) / 1024 / 1024
const more = all - before - one - clear.reduce((sum, token) => sum + token.length + 24, 0)

const sorts = [
  ['a valid key', listed.filter(([, i]) => i % 4 === 0).map(([token, i]) => head(token, i)), 'admitted'],
  ['a valid key with an address list', listed.filter(([, i]) => i % 4 === 2).map(([token, i]) => head(token, i)), 'admitted'],
  ['a valid key bound to an instance', listed.filter(([, i]) => i % 4 === 3).map(([token, i]) => head(token, i)), 'admitted'],
  ['the same, from another address each time', listed.filter(([, i]) => i % 4 === 2).map(([token, i]) => head(token, i)).flatMap((one) => [one, { ...one, record: { address: '10.1.2.3' } }]), 'admitted'],
  ['an address that is not listed', listed.filter(([, i]) => i % 4 === 2).map(([token, i]) => head(token, i, '203.0.113.9')), 'address_not_listed'],
  ['an expired key', listed.filter(([, i]) => i % 4 === 1).map(([token, i]) => head(token, i)), 'expired_credential'],
  ['an unknown key', listed.map(([, i]) => head(`blnk_${randomBytes(32).toString('base64url')}`, i)), 'unknown_credential']
]
const results = sorts.map(([name, heads, expected]) => [name, measure(many.rooms, heads, expected)])
for (const [name, us] of results) console.log(`${name}: ${us.toFixed(2)} us CPU`)
const valid = results[0][1]
const mb = more / 1024 / 1024
console.log(`${KEYS} keys and ${INSTANCES} instances take ${mb.toFixed(1)} MB more than one of each (${moreRss.toFixed(0)} MB of the process, with the rows they were loaded from)`)
const isKept = valid < MOST_US && mb < MOST_MB
console.log(isKept ? `within ${MOST_US} us for a valid key and ${MOST_MB} MB` : `NOT within ${MOST_US} us for a valid key and ${MOST_MB} MB`)
await Promise.all([few, many].map(async ({ rooms }) => { await rooms.instances.close() }))
process.exit(isKept ? 0 : 1)
