import { expect, test } from 'vitest'
import { importsOf, type Import } from './import-list.js'
import { sources, textOf } from './source-files.js'

const files = sources()
const imports = files.flatMap(importsOf)

/** The top-level room of a file: `src/proxy`, `routes`, or the file itself where it lies in src. */
const room = (path: string): string => path.startsWith('routes/') ? 'routes' : path.split('/').slice(0, 2).join('/')
const isOurs = (to: string): boolean => to.startsWith('src/') || to.startsWith('routes/')
const shown = ({ from, to }: Import): string => `${from} -> ${to}`

/** Joined to a program by these files; every other room is a feature, or a leaf. */
const JOINS = new Set(['src/app.ts', 'src/main.ts', 'src/start-app.ts', 'src/start-error.ts', 'src/start-message.ts', 'src/first-start.ts', 'src/open-stores.ts', 'src/testing', 'src/cli', 'src/config.ts', 'src/errors.ts', 'routes', 'src/gateway'])
const features = [...new Set(files.map(room))].filter((one) => !JOINS.has(one) && one !== 'src/lib')

/** Rules are pure functions: they know nothing of requests and replies. */
const RULES = ['src/proxy/fill.ts', 'src/proxy/headers.ts', 'src/proxy/url.ts', 'src/auth/scopes.ts']

function expectNone (wrong: readonly Import[]): void {
  expect(wrong.map(shown)).toEqual([])
}

test('the imports are found', () => {
  expect(imports.map(shown)).toContain('routes/proxy.ts -> src/proxy/forward.ts')
  expect(imports.find((one) => one.from === 'routes/proxy.ts' && one.to === 'src/gateway/row.ts')?.typeOnly).toBe(true)
  expect(imports.map(shown)).toContain('src/store/embedded.ts -> @electric-sql/pglite')
  for (const one of imports) if (isOurs(one.to)) expect(files, shown(one)).toContain(one.to)
})

test('routes import handlers, fill and the row type only', () => {
  const fine = /^(src\/[a-z]+\/handlers\.ts|src\/instances\/controls\.ts|src\/proxy\/(fill|forward)\.ts|src\/gateway\/not-built\.ts|routes\/.*)$/
  expectNone(imports.filter((one) => room(one.from) === 'routes' && !fine.test(one.to) && !(one.typeOnly && one.to === 'src/gateway/row.ts')))
})

test('only app.ts imports routes', () => {
  expectNone(imports.filter((one) => room(one.to) === 'routes' && one.from !== 'src/app.ts' && room(one.from) !== 'routes'))
})

test('app.ts is imported by what starts it, and knows every feature that needs joining', () => {
  expectNone(imports.filter((one) => one.to === 'src/app.ts' && !['src/main.ts', 'src/start-app.ts', 'src/start-message.ts'].includes(one.from) && !(one.typeOnly && one.from === 'src/cli/exec.ts')))
  // health, controls and documents have handlers alone, which their rows join.
  const known = new Set(imports.filter((one) => ['src/app.ts', 'src/open-stores.ts'].includes(one.from)).map((one) => room(one.to)))
  expect(features.filter((one) => !['src/health', 'src/controls', 'src/documents'].includes(one) && !known.has(one))).toEqual([])
})

test('no feature imports routes, the app, the command line, or the gateway beyond its types', () => {
  const above = new Set(['routes', 'src/app.ts', 'src/main.ts', 'src/start-app.ts', 'src/start-error.ts', 'src/start-message.ts', 'src/first-start.ts', 'src/open-stores.ts', 'src/testing', 'src/cli'])
  const mine = imports.filter((one) => features.includes(room(one.from)))
  expectNone(mine.filter((one) => above.has(room(one.to))))
  expectNone(mine.filter((one) => room(one.to) === 'src/gateway' && !one.typeOnly))
})

test('rules import leaves only', () => {
  for (const rule of RULES) expect(files).toContain(rule)
  expectNone(imports.filter((one) => RULES.includes(one.from) && room(one.to) !== 'src/lib'))
})

test('lib imports nothing else of ours', () => {
  expectNone(imports.filter((one) => room(one.from) === 'src/lib' && isOurs(one.to) && room(one.to) !== 'src/lib'))
})

test('the sandbox imports lib and itself, as it runs alone', () => {
  expectNone(imports.filter((one) => room(one.from) === 'src/sandbox' && isOurs(one.to) && !['src/lib', 'src/sandbox'].includes(room(one.to))))
})

test('the sandbox is loaded by what starts it, and its type is known to what resets it', () => {
  const starters = ['src/app.ts', 'src/cli/sandbox.ts']
  const types = ['src/gateway/rooms.ts', 'src/instances/controls.ts']
  expectNone(imports.filter((one) => room(one.to) === 'src/sandbox' && room(one.from) !== 'src/sandbox' &&
    !starters.includes(one.from) && !(one.typeOnly && types.includes(one.from))))
})

test('only config reads the environment', () => {
  const readers: Readonly<Record<string, string>> = {
    'src/config.ts': 'the settings of the gateway',
    'src/cli/admin.ts': 'where a running gateway is, and its token: of the terminal, not of the gateway',
    'src/cli/exec.ts': 'what the command that it runs inherits',
    'src/cli/intercept/preload.cts': 'the port that it leads to: it runs in programs of others',
    'src/cli/instances.ts': 'secrets of a Core that is added, kept out of the process list'
  }
  const found = files.filter((path) => /\bprocess\s*\.\s*env\b|\benv\b[^\n]*from 'node:process'/.test(textOf(path)))
  expect(found.filter((path) => readers[path] === undefined)).toEqual([])
})

test('only embedded.ts names PGlite', () => {
  // template.ts reads its version, which stamps the template.
  const allowed = ['src/store/embedded.ts', 'src/store/template.ts']
  expectNone(imports.filter((one) => one.to.startsWith('@electric-sql/') && one.from !== 'src/store/embedded.ts'))
  expect(files.filter((path) => textOf(path).includes('@electric-sql/') && !allowed.includes(path))).toEqual([])
})

test('a package is imported in the rooms that it is for', () => {
  const rooms: Readonly<Record<string, RegExp>> = {
    commander: /^src\/cli\//,
    'cli-table3': /^src\/cli\//,
    undici: /^src\/(proxy|instances|gateway)\/|^src\/cli\/admin.ts$/,
    'proxy-chain': /^src\/cli\/intercept\/proxy\.ts$/,
    pg: /^src\/(lib|store|data)\//,
    yaml: /^src\/(seed|docs|config-file)\/|^src\/cli\/config\.ts$/,
    'pino-pretty': /^src\/gateway\/log\.ts$/
  }
  expectNone(imports.filter((one) => rooms[one.to]?.test(one.from) === false))
})
