import { expect, test } from 'vitest'
import { filesBelow, textOf } from '../house/source-files.js'

const promises = (/\n## What is promised[^\n]*\n([\s\S]*?)\n## /.exec(textOf('SECURITY.md'))?.[1] ?? '').split('\n')
  .filter((line) => line.startsWith('| ') && !line.endsWith('| Tests |'))
  .map((line) => line.split(' | ') as [promise: string, tests: string])

test('each promise of SECURITY.md names tests, and these are there', () => {
  const files = new Set(filesBelow('test'))
  expect(promises.length).toBeGreaterThan(30)
  for (const [promise, named] of promises) {
    const tests = [...named.matchAll(/`([^`]+)`/g)].map((match) => match[1] as string)
    expect(tests, promise).not.toEqual([])
    expect(tests.filter((one) => !files.has(one)), promise).toEqual([])
  }
})

test('docs/security/mutations.md has a line for each file that is mutated, and adds them up', () => {
  const lines = textOf('docs/security/mutations.md').split('\n').map((line) => /^\| (?:`(.+)`|All) \| (\d+) \| (\d+) \| (\d+) \| ([\d.]+) \|$/.exec(line)).filter((line) => line !== null)
  const { mutate } = JSON.parse(textOf('stryker.config.json')) as { mutate: string[] }
  expect(lines.map((line) => line[1])).toEqual([...mutate, undefined])
  const figures = lines.map((line) => line.slice(2, 5).map(Number))
  expect(figures.at(-1)).toEqual([0, 1, 2].map((at) => figures.slice(0, -1).reduce((sum, one) => sum + one[at]!, 0)))
  for (const [, file, mutants, killed, survived, score] of lines) {
    expect(Number(killed) + Number(survived), file).toBe(Number(mutants))
    expect((100 * Number(killed) / Number(mutants)).toFixed(2), file).toBe(score)
  }
})

test('each package is pinned, and none that ships runs anything when it is installed', () => {
  const { dependencies, devDependencies } = JSON.parse(textOf('package.json')) as Record<string, Record<string, string>>
  expect(Object.values({ ...dependencies, ...devDependencies }).filter((version) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([])
  const { packages } = JSON.parse(textOf('package-lock.json')) as { packages: Record<string, { integrity?: string, dev?: true, hasInstallScript?: true }> }
  const installed = Object.entries(packages).filter(([path]) => path !== '')
  expect(installed.filter(([, { integrity }]) => integrity?.startsWith('sha512-') !== true)).toEqual([])
  expect(installed.filter(([, one]) => one.dev !== true && one.hasInstallScript === true)).toEqual([])
})
