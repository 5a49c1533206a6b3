// Writes what is made from the program: the README's settings, docs/routes.md's rows, docs/metrics.md's metrics and docs/seed.schema.json.
// A test compares them; after a change of either, run this.
import { readFileSync, writeFileSync } from 'node:fs'
import { settingsTable } from '../dist/src/config.js'
import { createMetrics } from '../dist/src/metrics/metrics.js'
import { metricsTable } from '../dist/src/metrics/table.js'
import { rows } from '../dist/routes/index.js'
import { seedSchema } from '../dist/src/seed/members.js'

function replace (file, pattern, text) {
  const url = new URL(`../${file}`, import.meta.url)
  writeFileSync(url, readFileSync(url, 'utf8').replace(pattern, text))
}

const scopes = ({ scope }) => scope === 'admin' ? 'the admin token' : scope === 'public' ? 'none' : (typeof scope === 'string' ? [scope] : scope).map((one) => `\`${one}\``).join(' or ')

replace('README.md', /(<!-- settings: [^\n]*-->\n)[\s\S]*?(\n<!-- \/settings -->)/, (_, begin, end) => begin + settingsTable() + end)
const lines = rows.map((row) => `| ${row.method} | \`${row.path}\` | ${scopes(row)} | ${row.tier ?? ''} |`)
replace('docs/routes.md', /(?:^\| (?:GET|POST|PUT|DELETE) \|[^\n]*\n?)+/m, `${lines.join('\n')}\n`)

const { registry } = createMetrics({ version: '', instances: { find: () => undefined, all: () => [] }, database: async () => true, sandbox: () => undefined })
replace('docs/metrics.md', /(<!-- metrics: [^\n]*-->\n)[\s\S]*?(<!-- \/metrics -->)/, (_, begin, end) => `${begin}${metricsTable(registry)}\n${end}`)
writeFileSync(new URL('../docs/seed.schema.json', import.meta.url), `${JSON.stringify(seedSchema(), null, 2)}\n`)
