import type { Registry } from 'prom-client'

/** The table of docs/metrics.md, in Markdown. */
export function metricsTable (registry: Registry): string {
  const metrics = registry.getMetricsAsArray() as unknown as ReadonlyArray<{ name: string, help: string, type: string, labelNames?: readonly string[] }>
  const lines = metrics.map(({ name, help, type, labelNames = [] }) => `| \`${name}\` | ${type} | ${labelNames.map((label) => `\`${label}\``).join(', ')} | ${help} |`)
  return ['| Metric | Type | Labels | What it says |', '|---|---|---|---|', ...lines].join('\n')
}
