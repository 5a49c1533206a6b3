import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { createSeal } from '../../src/instances/seal.js'

const seal = createSeal(randomBytes(32))

test('a sealed secret opens with its key, and never looks the same twice', () => {
  const [a, b] = [seal.seal('s3cr3t ☃'), seal.seal('s3cr3t ☃')]
  expect(seal.open(a)).toBe('s3cr3t ☃')
  expect(a.equals(b)).toBe(false)
  expect(a.includes('s3cr3t')).toBe(false)
})

test('another key or a changed byte does not open', () => {
  const sealed = seal.seal('s3cr3t')
  expect(() => createSeal(randomBytes(32)).open(sealed)).toThrow()
  sealed[14] = (sealed[14] as number) ^ 1
  expect(() => seal.open(sealed)).toThrow()
})
