import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { makeAccount } from './objects.js'
import { createStandIn } from './server.js'

const whole = (name: string, standard: number): number => {
  const text = process.env[name] ?? ''
  if (!/^\d{0,9}$/.test(text)) throw new Error(`${name} must be a whole number`)
  return text === '' ? standard : Number(text)
}

const server = createStandIn(makeAccount({ seed: whole('SEED', 1), succeeded: whole('SUCCEEDED', 250), partial: whole('PARTIAL', 2) }))
server.listen(whole('PORT', 12_111), '127.0.0.1')
await once(server, 'listening')
console.log(JSON.stringify({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }))
await Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')])
server.close()
server.closeAllConnections()
