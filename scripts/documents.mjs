// Writes what is made from the program: the README's settings, docs/routes.md's rows, docs/coverage.md, docs/metrics.md's metrics
// docs/seed.schema.json and docs/gateway.schema.json. Tests compare them; after a change of either, run this.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { settingsTable } from '../dist/src/config.js'
import { fileSchema } from '../dist/src/config-file/members.js'
import { createMetrics } from '../dist/src/metrics/metrics.js'
import { metricsTable } from '../dist/src/metrics/table.js'
import * as routes from '../dist/routes/index.js'
import { seedSchema } from '../dist/src/seed/members.js'
import { coverageLine, coverageSentence, rowsByRoute, testsByRoute } from './coverage.mjs'

const { rows } = routes

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
writeFileSync(new URL('../docs/gateway.schema.json', import.meta.url), `${JSON.stringify(fileSchema(), null, 2)}\n`)

const cloud = JSON.parse(readFileSync(new URL('../test/surface/cloud-routes.json', import.meta.url), 'utf8'))
const root = new URL('../', import.meta.url)
const testFiles = readdirSync(new URL('test/', root), { recursive: true }).map((file) => `test/${file.replaceAll('\\', '/')}`)
  .filter((file) => file.endsWith('.test.ts') || /^test\/contract\/recordings\/.*\.json$/.test(file)).sort()
const tests = testsByRoute(cloud, testFiles.map((file) => [file, readFileSync(new URL(file, root), 'utf8')]))
const byRoute = rowsByRoute(routes)
const covered = cloud.map((route) => coverageLine(route, byRoute, tests.get(`${route.method} ${route.path}`)))
replace('docs/coverage.md', /^Of \d+ documented routes \d+ are built\.$/m, coverageSentence(cloud, byRoute))
replace('docs/coverage.md', /(?:^\| \w+ \| (?:GET|POST|PUT|DELETE) \|[^\n]*\n?)+/m, `${covered.join('\n')}\n`)
