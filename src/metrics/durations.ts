import type { Metric, Registry } from 'prom-client'

/** The durations of one set of labels, in seconds. */
export interface Series { observe(seconds: number): void }

type Labels = Readonly<Record<string, string>>

const keyOf = (labels: Labels): string => Object.values(labels).join('\n')

class Counts implements Series {
  /** Each bucket's own; what a scrape shows is summed up. */
  readonly buckets: number[]
  count = 0
  sum = 0

  constructor (readonly labels: Labels, private readonly bounds: readonly number[]) { this.buckets = bounds.map(() => 0) }

  observe (seconds: number): void {
    this.count++
    this.sum += seconds
    for (let i = 0; i < this.bounds.length; i++) {
      if (seconds > this.bounds[i]!) continue
      this.buckets[i]!++
      return
    }
  }
}

export interface DurationsOptions {
  readonly name: string
  readonly help: string
  readonly labelNames: readonly string[]
  /** Seconds, ascending. */
  readonly buckets: readonly number[]
  readonly registry: Registry
}

/** A histogram whose series are found once, and then only counted in: prom-client's own looks its labels up for each value. */
export class Durations {
  readonly #series = new Map<string, Counts>()

  constructor (private readonly options: DurationsOptions) {
    // All that a registry asks of a metric: its name, and what a scrape shows.
    const metric = { ...options, type: 'histogram', get: async () => await Promise.resolve(this.#shown()) }
    options.registry.registerMetric(metric as unknown as Metric)
  }

  /** The series of these labels, the same each time. */
  series (labels: Labels): Series {
    const key = keyOf(labels)
    const found = this.#series.get(key)
    if (found !== undefined) return found
    const made = new Counts(labels, this.options.buckets)
    this.#series.set(key, made)
    return made
  }

  remove (labels: Labels): void { this.#series.delete(keyOf(labels)) }

  #shown (): object {
    const { name, help, buckets } = this.options
    const values = [...this.#series.values()].flatMap(({ labels, buckets: counted, count, sum }) => {
      let upTo = 0
      return [
        ...buckets.map((le, i) => {
          upTo += counted[i]!
          return { labels: { le, ...labels }, value: upTo, metricName: `${name}_bucket` }
        }),
        { labels: { le: '+Inf', ...labels }, value: count, metricName: `${name}_bucket` },
        { labels, value: sum, metricName: `${name}_sum` },
        { labels, value: count, metricName: `${name}_count` }
      ]
    })
    return { name, help, type: 'histogram', values }
  }
}
