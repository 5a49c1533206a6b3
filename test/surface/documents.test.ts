import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { rows } from '../../routes/index.js'
import { settingsTable } from '../../src/config.js'
import type { Row } from '../../src/gateway/row.js'
import { filesBelow, ROOT, textOf } from '../house/source-files.js'
import { scopesOf } from './row-spelling.js'

// The compiled file: it reads the version from the package above it.
const { buildProgram } = await import(new URL('../../dist/src/cli/program.js', import.meta.url).href) as typeof import('../../src/cli/program.js')

const readme = textOf('README.md')
const manifest = JSON.parse(textOf('package.json')) as { scripts: Record<string, string>, dependencies: Record<string, string> }
const documents = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', ...filesBelow('docs')].filter((path) => path.endsWith('.md'))

test('the table of settings in the README is the one of the program', () => {
  expect(/<!-- settings: [^\n]*-->\n([\s\S]*?)\n<!-- \/settings -->/.exec(readme)?.[1]).toBe(settingsTable())
})

const scope = (row: Row): string => row.scope === 'public' ? 'none' : row.scope === 'admin' ? 'the admin token' : scopesOf(row).map((one) => `\`${one}\``).join(' or ')

test('docs/routes.md lists the rows, in their order', () => {
  const listed = textOf('docs/routes.md').split('\n').filter((line) => /^\| (GET|POST|PUT|DELETE) /.test(line))
  expect(listed).toEqual(rows.map((row) => `| ${row.method} | \`${row.path}\` | ${scope(row)} | ${row.tier ?? ''} |`))
})

test('docs/dependencies.md has a line for each runtime dependency, with its version, and no other', () => {
  const lines = textOf('docs/dependencies.md').split('\n').filter((line) => line.startsWith('| `'))
  expect(lines.map((line) => line.split('|').slice(1, 3).map((cell) => cell.trim().replaceAll('`', '')))).toEqual(Object.entries(manifest.dependencies))
  for (const line of lines) expect(line.split('|').slice(3, 7).every((cell) => cell.trim() !== ''), line).toBe(true)
})

/** What the lines of a shell block run: `npm ...` and `blnk-gateway ...`, without what goes before them on the line. */
const commands = documents.flatMap((path) => [...textOf(path).matchAll(/```(?:sh|bash)\n([\s\S]*?)```/g)]
  .flatMap((block) => (block[1] as string).split('\n'))
  .map((line) => line.replace(/ +#.*$/, ''))
  .flatMap((line) => /(?:^| )((?:npm|npx blnk-gateway|node dist\/src\/cli\/bin\.js) .*)$/.exec(line)?.[1] ?? [])
  .map((line) => [path, line] as const))

describe.each(commands.filter(([, line]) => line.startsWith('npm ')))('%s: %s', (_path, line) => {
  test('is a script of the package', () => {
    const words = line.split(' ').slice(1).filter((word) => !word.startsWith('-'))
    const script = words[0] === 'run' ? words[1] : words[0]
    expect(['ci', 'init', 'pack', 'install'].includes(script as string) || manifest.scripts[script as string] !== undefined).toBe(true)
  })
})

describe.each(commands.filter(([, line]) => !line.startsWith('npm ')))('%s: %s', (_path, line) => {
  test('is a command with these options', () => {
    let command = buildProgram()
    // Behind -- stands a command of the reader's.
    for (const word of line.replace(/^(npx blnk-gateway|node dist\/src\/cli\/bin\.js) /, '').replace(/ -- .*/, '').split(' ')) {
      const next = command.commands.find((one) => one.name() === word)
      if (next !== undefined) command = next
      if (word.startsWith('--')) expect(command.options.map((option) => option.long), word).toContain(word)
    }
    if (line.endsWith(' --version')) return
    expect(command.parent).not.toBe(null)
    expect(command.commands).toEqual([])
  })
})

test.each(documents)('%s links to files that are there', (path) => {
  const links = [...textOf(path).matchAll(/\]\(([^)#\s]+)/g)].map((match) => match[1] as string).filter((link) => !/^https?:/.test(link))
  expect(links.filter((link) => !existsSync(join(ROOT, dirname(path), link)))).toEqual([])
})

test.each(documents)('%s names files that are there', (path) => {
  const named = [...textOf(path).matchAll(/`((?:src|routes|test|docs|scripts|deploy)\/[\w./-]+)`/g)].map((match) => match[1] as string)
  expect(named.filter((one) => !existsSync(join(ROOT, one)))).toEqual([])
})
