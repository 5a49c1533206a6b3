// What docs/coverage.md is made of: the routes of Blnk Cloud (test/surface/cloud-routes.json), the rows, and the tests.

/** How many test files are named for a route: those that name it most. */
const MOST = 3

const shape = (path) => path.replace(/:\w+|\{\w+\}/g, '{}')
const keyOf = ({ method, path }) => `${method} ${shape(path)}`
const kebab = (name) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

/**
 * Every row by method and path, with the file that has it: `dataRows` of routes/index.ts is in routes/data.ts.
 * @param routes the module routes/index
 */
export function rowsByRoute (routes) {
  const files = Object.entries(routes).filter(([name]) => name.endsWith('Rows'))
  return new Map(files.flatMap(([name, rows]) => rows.map((row) => [keyOf(row), { row, file: `routes/${kebab(name.slice(0, -4))}.ts` }])))
}

/** @returns `built`, `501` for a row that only names itself, `absent` without a row */
export function statusOf (route, rows) {
  const file = rows.get(keyOf(route))?.file
  return file === undefined ? 'absent' : file === 'routes/not-built.ts' ? '501' : 'built'
}

const METHOD = /\b(GET|POST|PUT|DELETE|PATCH|HEAD)\b/g
// What stands for a path in a test: quoted, after a method, or after the gateway's URL.
const PATH = /(?<=['"`}\s])\/(?:\$\{[^}]*\}|[^\s'"`?#$,)])+/g

/** The method that a test gives with a path: before it on the same or the previous line, else after it, else GET. */
function methodAt (text, from, to) {
  const start = text.lastIndexOf('\n', text.lastIndexOf('\n', from) - 1) + 1
  const before = text.slice(start, from).match(METHOD)
  const lineEnd = text.indexOf('\n', to)
  return before?.at(-1) ?? text.slice(to, lineEnd === -1 ? undefined : lineEnd).match(METHOD)?.[0] ?? 'GET'
}

/**
 * How often a file names each route. Tests of the sandbox ask it directly, so what they name is no route of the gateway;
 * elsewhere a path may stand without its /proxy, which the call then puts before it.
 * @returns counts by `METHOD /path`
 */
export function namedIn (file, text, routes) {
  const counts = new Map()
  if (file.startsWith('test/sandbox/')) return counts
  const proxied = file.startsWith('test/contract/recordings/')
  // The route with the fewest parameters is the one that is meant: /alerts/statuses is no /alerts/{alert_id}.
  const patterns = routes.map((route) => ({ route, pattern: new RegExp(`^${shape(route.path).replaceAll('.', '\\.').replaceAll('{}', '[^/]+')}$`) }))
    .sort((one, other) => one.route.path.split('{').length - other.route.path.split('{').length)
  for (const found of text.matchAll(PATH)) {
    const method = methodAt(text, found.index, found.index + found[0].length)
    const path = found[0].replace(/\$\{[^}]*\}/g, 'x').replace(/&.*$/, '')
    const line = text.slice(text.lastIndexOf('\n', found.index) + 1, found.index)
    const spelled = path.startsWith('/proxy/') ? path : proxied || /\b(?:proxy|head)\(/.test(line) ? `/proxy${path}` : path
    const route = patterns.find(({ route, pattern }) => route.method === method && pattern.test(spelled))?.route
    if (route !== undefined) counts.set(`${route.method} ${route.path}`, (counts.get(`${route.method} ${route.path}`) ?? 0) + 1)
  }
  return counts
}

/**
 * The test files that name each route most, by `METHOD /path`.
 * @param tests [path, text] of each file
 */
export function testsByRoute (routes, tests) {
  const named = tests.map(([file, text]) => [file, namedIn(file, text, routes)])
  return new Map(routes.map((route) => {
    const name = `${route.method} ${route.path}`
    const files = named.filter(([, counts]) => counts.has(name)).sort((one, other) => other[1].get(name) - one[1].get(name) || (one[0] < other[0] ? -1 : 1))
    return [name, files.slice(0, MOST).map(([file]) => file)]
  }))
}

/** A line of the table. @param tests the files that name the route */
export function coverageLine (route, rows, tests) {
  const found = rows.get(keyOf(route))
  const status = statusOf(route, rows)
  const scopes = route.scopes.map((scope) => `\`${scope}\``).join(' or ') || 'none'
  const row = found === undefined ? '' : `\`${found.file}\``
  const files = status === 'built' ? tests.map((file) => `\`${file}\``).join(' ') : ''
  return `| ${route.api} | ${route.method} | \`${route.path}\` | ${scopes} | ${route.source}${route.inferred ? ', inferred' : ''} | ${status} | ${row} | ${files} |`
}

/** How much of the documented API there is, in a sentence. */
export function coverageSentence (routes, rows) {
  const documented = routes.filter((route) => !route.inferred)
  const built = documented.filter((route) => statusOf(route, rows) === 'built')
  return `Of ${documented.length} documented routes ${built.length} are built.`
}
