import { expect, test } from 'vitest'
import { filesBelow, textOf } from '../house/source-files.js'

const SECTIONS = [2, 3, 5, 16, 5, 2, 3]
const document = textOf('docs/security/oauth.md')
const requirements = document.split('\n').filter((line) => /^\| 10\./.test(line)).map((line) => {
  const [number, level, , verdict, why, named] = line.split(/ ?\| ?/).slice(1)
  return { number, level, verdict, why, named: named as string }
})

test('docs/security/oauth.md has the 36 requirements of chapter V10, in their order', () => {
  expect(requirements.map(({ number }) => number)).toEqual(SECTIONS.flatMap((count, at) => Array.from({ length: count }, (_, i) => `10.${at + 1}.${i + 1}`)))
  expect(requirements.filter(({ level }) => !/^[123]$/.test(level as string))).toEqual([])
})

test('each has a verdict and says why, and its sentence counts them', () => {
  const count = (verdict: string): number => requirements.filter((one) => one.verdict === verdict).length
  const [met, strict, none, unmet] = ['met', 'met with OAUTH_STRICT', 'not applicable', 'not met'].map(count) as [number, number, number, number]
  expect(met + strict + none + unmet).toBe(36)
  expect(document).toContain(`Of the 36, ${met} are met, ${strict} more are met with \`OAUTH_STRICT=true\`, ${none} do not apply, and ${unmet} are not met, all of them of level 3.`)
  expect(requirements.filter(({ verdict, level }) => verdict === 'not met' && level !== '3')).toEqual([])
  expect(requirements.filter(({ why }) => why === '')).toEqual([])
})

test('what is met has a test of that name', () => {
  const files = new Set(filesBelow('test'))
  for (const { number, verdict, named } of requirements) {
    if (verdict?.startsWith('met') === true) expect(named, number).not.toBe('')
    if (named === '') continue
    const [, file, name] = /^(\S+): (.+)$/.exec(named) as RegExpExecArray
    expect(files, number).toContain(file)
    expect(textOf(file as string), number).toContain(`('${name}', `)
  }
})
