import { expect, test } from 'vitest'
import { filesBelow, textOf } from '../house/source-files.js'

test('each limit of docs/security/limits.md says what comes then, and has a test of that name', () => {
  const rows = textOf('docs/security/limits.md').split('\n').filter((line) => /^\| .* \| test\//.test(line)).map((line) => line.split(/ ?\| ?/).slice(1, 5) as [string, string, string, string])
  const files = new Set(filesBelow('test'))
  expect(rows.length).toBeGreaterThan(15)
  for (const [what, limit, then, named] of rows) {
    expect([limit, then], what).not.toContain('')
    const [, file, name] = /^(\S+): (.+)$/.exec(named) as RegExpExecArray
    expect(files, what).toContain(file)
    expect(textOf(file as string), what).toContain(`('${name}', `)
  }
})
