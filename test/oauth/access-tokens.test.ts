import { expect, test } from 'vitest'
import { AccessTokens } from '../../src/oauth/access-tokens.js'
import { hashToken, type FoundToken } from '../../src/oauth/token-store.js'

const NOW = 1_700_000_000_000
const [A, B, OLD, REVOKED, NONE] = ['a', 'b', 'c', 'd', 'e'].map((letter) => `blnk_at_${letter.repeat(43)}`) as [string, string, string, string, string]
const rowOf = (token: string, change: Partial<FoundToken> = {}): FoundToken =>
  ({ hash: hashToken(token), clientId: 'c', clientName: 'n', clientScopes: ['data:read'], subject: 'admin', scopes: ['data:read', 'proxy:write'], expiresAt: NOW + 1000, isRevoked: false, ...change })

/** A database of rows that can be changed, and that counts what it is asked. */
function tokensIn (rows: FoundToken[]): { tokens: AccessTokens, asked: () => number } {
  let count = 0
  const tokens = new AccessTokens()
  tokens.open(async (hashes) => {
    count++
    const found = rows.filter((row) => hashes.some((hash) => hash.equals(row.hash)))
    await Promise.resolve()
    return found
  })
  return { tokens, asked: () => count }
}

test('one is asked for once, and then in memory', async () => {
  const { tokens, asked } = tokensIn([rowOf(A)])
  const first = await tokens.find(A, NOW)
  expect(first).toMatchObject({ id: 'c', subject: 'admin', kind: 'oauth', scopes: ['data:read'], instances: null, prefix: 'blnk_at_aaaaaaaa' })
  expect(tokens.find(A, NOW)).toEqual(first)
  expect(asked()).toBe(1)
  expect(tokens.find(A, NOW + 1000)).toBe('expired')
})

test('unknown, expired and revoked ones are told apart, and not kept', async () => {
  const { tokens } = tokensIn([rowOf(OLD, { expiresAt: NOW }), rowOf(REVOKED, { isRevoked: true })])
  expect(await tokens.find(NONE, NOW)).toBe('unknown')
  expect(await tokens.find(OLD, NOW)).toBe('expired')
  expect(await tokens.find(REVOKED, NOW)).toBe('revoked')
  expect(tokens.find(NONE, NOW)).toBeInstanceOf(Promise)
})

test('after a reload what was revoked is gone, and what was changed is changed', async () => {
  const rows = [rowOf(A), rowOf(B)]
  const { tokens } = tokensIn(rows)
  await tokens.find(A, NOW)
  await tokens.find(B, NOW)
  rows[0] = rowOf(A, { isRevoked: true })
  rows[1] = rowOf(B, { clientScopes: ['proxy:write'] })
  await tokens.reload()
  expect(await tokens.find(A, NOW)).toBe('revoked')
  expect(tokens.find(B, NOW)).toMatchObject({ scopes: ['proxy:write'], prefix: 'blnk_at_bbbbbbbb' })
})

test('what was read before a revocation is not kept after it', async () => {
  const rows = [rowOf(A)]
  const { tokens } = tokensIn(rows)
  const before = tokens.find(A, NOW)
  rows[0] = rowOf(A, { isRevoked: true })
  await tokens.reload()
  await before
  expect(await tokens.find(A, NOW)).toBe('revoked')
})

test('where the database does not answer, what is kept stays', async () => {
  let down = false
  const tokens = new AccessTokens()
  tokens.open(async () => {
    if (down) throw new Error('gone')
    return await Promise.resolve([rowOf(A)])
  })
  await tokens.find(A, NOW)
  down = true
  await expect(tokens.reload()).rejects.toThrow('gone')
  expect(tokens.find(A, NOW)).toMatchObject({ id: 'c' })
})

test('what has not the form of one is not asked for', async () => {
  const { tokens, asked } = tokensIn([])
  for (const token of ['blnk_at_', 'blnk_at_short', `${A}a`, `blnk_at_${'~'.repeat(43)}`]) expect(tokens.find(token, NOW)).toBe('unknown')
  expect(asked()).toBe(0)
})
