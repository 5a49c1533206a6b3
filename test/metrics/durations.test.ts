import { Histogram, Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { Durations } from '../../src/metrics/durations.js'

const BUCKETS = [0.001, 0.01, 0.5, 60]

test('a scrape reads as that of a histogram of prom-client', async () => {
  const registries = [new Registry(), new Registry()] as const
  const durations = new Durations({ name: 'took_seconds', help: 'How long it took.', labelNames: ['row', 'status'], buckets: BUCKETS, registry: registries[0] })
  const histogram = new Histogram({ name: 'took_seconds', help: 'How long it took.', buckets: BUCKETS, labelNames: ['row', 'status'], registers: [registries[1]] })
  const sets = [{ row: 'GET /a', status: '2xx' }, { row: 'POST /"b"\n', status: 'none' }]
  for (const labels of sets) {
    for (const seconds of [0, 0.0005, 0.001, 0.0011, 0.5, 60, 61, 1e-9]) {
      durations.series(labels).observe(seconds)
      histogram.labels(labels).observe(seconds)
    }
  }
  expect(await registries[0].metrics()).toBe(await registries[1].metrics())
  durations.remove(sets[0]!)
  histogram.remove(sets[0]!)
  expect(await registries[0].metrics()).toBe(await registries[1].metrics())
})
