// What counting costs a request, and what a scrape costs: `npm run build && node bench/metrics.mjs`.
// The metrics alone, without sockets: outcomes of the proxy's rows, of INSTANCES instances, as the server tells them.
import { createMetrics } from '../dist/src/metrics/metrics.js'
import { proxyRows } from '../dist/routes/index.js'

const REQUESTS = Number(process.env.REQUESTS ?? 500_000)
const ROUNDS = Number(process.env.ROUNDS ?? 5)

function measure (count) {
  const known = new Map(Array.from({ length: count }, (_, i) => [`inst_${i}`, { instance: { instanceId: `inst_${i}` } }]))
  const metrics = createMetrics({ version: '0', instances: { find: (id) => known.get(id), all: () => [...known.values()] }, database: async () => true, sandbox: () => undefined })
  const rows = proxyRows.filter((row) => row.tier === 'documented')
  const outcome = (i) => {
    const row = rows[i % rows.length]
    return { row, instanceId: `inst_${i % count}`, status: i % 20 === 0 ? 400 : 201, end: 'answered', ms: 1 + i % 7, coreMs: i % 7, filled: row.fill === undefined ? undefined : ['precision', 'reference'] }
  }
  const outcomes = Array.from({ length: 1000 * count }, (_, i) => outcome(i))
  const samples = Array.from({ length: ROUNDS }, () => {
    const from = process.cpuUsage()
    for (let i = 0; i < REQUESTS; i++) {
      metrics.observer.watch()
      metrics.observer.ended(outcomes[i % outcomes.length])
    }
    const { user, system } = process.cpuUsage(from)
    return (user + system) / REQUESTS
  }).sort((a, b) => a - b)
  return { metrics, samples }
}

for (const count of [1, 10, 100]) {
  const { metrics, samples } = measure(count)
  await metrics.text()
  const from = performance.now()
  const text = await metrics.text()
  const ms = performance.now() - from
  console.log(`${count} instances: ${samples[ROUNDS >> 1].toFixed(2)} us CPU a request (${samples[0].toFixed(2)} to ${samples.at(-1).toFixed(2)}); a scrape of ${text.split('\n').length} lines, ${(text.length / 1024).toFixed(0)} KiB, in ${ms.toFixed(0)} ms`)
}
process.exit(0)
