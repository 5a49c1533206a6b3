import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { pino } from 'pino'
import Stripe from 'stripe'
import { readConfig } from './config.js'
import { createServer } from './server.js'
import { openStore } from './store.js'
import { createSyncs } from './sync/syncs.js'

const config = readConfig(process.env)
const { stripeUrl } = config
const stripe = new Stripe(config.stripeKey, {
  maxNetworkRetries: 3,
  telemetry: false,
  ...(stripeUrl !== undefined && { protocol: stripeUrl.protocol === 'http:' ? 'http' : 'https', host: stripeUrl.hostname, port: stripeUrl.port })
})
const store = await openStore(config.dataDir)
const log = pino({ level: config.logLevel })
const syncs = createSyncs({ config, store, stripe, log })
const server = createServer({ config, store, syncs, log, publicUrl: () => config.publicUrl ?? listens() })
const listens = (): string => `http://${config.host}:${(server.server.address() as AddressInfo).port}`

await server.listen({ host: config.host, port: config.port })
log.info({ url: listens() }, 'listening')
// What was under way when the app ended.
await syncs.resume()

await Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')])
await server.close()
await syncs.close()
await store.close()
