import { readFileSync } from 'node:fs'
import { expect, inject, test } from 'vitest'
import { admin } from '../support/gateway.js'
import { findAny, keptFile, spellings } from '../support/kept.js'

test('a secret is found wherever it stands, as text, hexadecimal and base64, and what is like it is not', () => {
  const secrets = ['blnk_abcdefgh', 'blnk_abcdefgX', 'ab'.repeat(32)]
  const needles = secrets.flatMap(spellings)
  const found = (text: string): number[] => findAny(Buffer.from(text), needles).map(({ which }) => Math.floor(which / 3))
  expect(found('blnk_abcdefgh and "blnk_abcdefgX"')).toEqual([0, 1])
  expect(found(`\\x${Buffer.from('blnk_abcdefgh').toString('hex')} ${Buffer.from('ab'.repeat(32), 'hex').toString('base64')}`)).toEqual([0, 2])
  expect(found('blnk_abcdefg blnk_abcdefgY lnk_abcdefgh')).toEqual([])
})

test('the secrets that tests make are kept to be looked for at the end of the run, and so are refusals', async () => {
  const { json: key } = await admin('POST', '/admin/keys', { name: 'kept', scopes: ['proxy:read'] })
  await admin('DELETE', '/admin/keys/key_of-nobody')
  const kept = readFileSync(keptFile('secrets'), 'utf8')
  for (const secret of [key.api_key as string, inject('gateway').adminToken]) expect(kept.includes(secret)).toBe(true)
  expect(readFileSync(keptFile('errors.text'), 'utf8')).toContain('There is no API key with this id')
})
