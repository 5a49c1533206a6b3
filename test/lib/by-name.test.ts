import { expect, test } from 'vitest'
import { byName } from '../../src/lib/by-name.js'

function counted () {
  const asked: string[] = []
  const find = byName((name) => {
    asked.push(name)
    return name.length
  })
  return { asked, find }
}

test('a name is found out once, and the same is said of it each time, whatever that is', () => {
  const { asked, find } = counted()
  for (const name of ['', 'a', 'A', 'a', '', 'A', '__proto__', '__proto__']) expect(find(name)).toBe(name.length)
  expect(asked).toEqual(['', 'a', 'A', '__proto__'])
})

test('names of 64 characters are remembered, longer ones are not', () => {
  const { asked, find } = counted()
  for (let i = 0; i < 2; i++) for (const length of [64, 65]) expect(find('n'.repeat(length))).toBe(length)
  expect(asked.map(({ length }) => length)).toEqual([64, 65, 65])
})

test('1,000 names are remembered; more take no place, and push none out', () => {
  const { asked, find } = counted()
  const names = Array.from({ length: 1_001 }, (_, i) => `name-${i}`)
  for (const name of [...names, ...names]) find(name)
  expect(asked).toEqual([...names, 'name-1000'])
})
