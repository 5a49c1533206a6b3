import { expect, test } from 'vitest'
import { filesBelow, sources, textOf } from './source-files.js'

const BINARY = /\.(png|gz|tgz|ico|woff2?)$/
const files = filesBelow().filter((path) => !BINARY.test(path))

/** Written in pieces, so that this file does not hold what it looks for. */
const dotted = (...parts: string[]): string => parts.join('.')
const REGISTRIES = [
  dotted('registry', 'npmjs', 'org'), dotted('registry', 'npmjs', 'com'), dotted('registry', 'yarnpkg', 'com'), dotted('npm', 'pkg', 'github', 'com'),
  dotted('registry', 'npmmirror', 'com'), dotted('deb', 'debian', 'org'), dotted('pypi', 'org'), dotted('registry', 'hub', 'docker', 'com'), dotted('proxy', 'golang', 'org')
]

test('no file holds the host of a package registry', () => {
  for (const path of files) {
    const text = textOf(path)
    for (const host of REGISTRIES) expect(text.includes(host), `${path} has ${host}`).toBe(false)
  }
  expect(textOf('package-lock.json')).not.toMatch(/"resolved":/)
})

test('no file holds an absolute path of somebody\'s machine', () => {
  const machine = /(?<![\w.$}/-])\/(?:home|Users|root|work|mnt)\/[\w.-]/
  for (const path of files) {
    const at = textOf(path).split('\n').findIndex((line) => machine.test(line))
    expect(at, `${path}:${at + 1}`).toBe(-1)
  }
})

test('files of the product stay short enough to be read at once', () => {
  // A file that may be longer, and why.
  const longer: Readonly<Record<string, string>> = {}
  const long = sources().map((path) => [path, textOf(path).trimEnd().split('\n').length] as const).filter(([, lines]) => lines > 300)
  expect(long.filter(([path]) => longer[path] === undefined)).toEqual([])
  expect(Object.keys(longer).filter((path) => !long.some(([one]) => one === path))).toEqual([])
})

test('no file is named after nothing', () => {
  expect(sources().filter((path) => /(^|\/)(utils?|helpers?|types|common|service|misc)\.ts$/.test(path))).toEqual([])
})
