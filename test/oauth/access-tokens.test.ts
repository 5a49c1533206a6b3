import { expect, test } from 'vitest'
import { AccessTokens } from '../../src/oauth/access-tokens.js'
import { hashToken, type FoundToken } from '../../src/oauth/token-store.js'

const NOW = 1_700_000_000_000
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
  const { tokens, asked } = tokensIn([rowOf('blnk_at_a')])
  const first = await tokens.find('blnk_at_a', NOW)
  expect(first).toMatchObject({ id: 'c', subject: 'admin', kind: 'oauth', scopes: ['data:read'], instances: null, prefix: 'blnk_at_a' })
  expect(tokens.find('blnk_at_a', NOW)).toEqual(first)
  expect(asked()).toBe(1)
  expect(tokens.find('blnk_at_a', NOW + 1000)).toBe('expired')
})

test('unknown, expired and revoked ones are told apart, and not kept', async () => {
  const { tokens } = tokensIn([rowOf('blnk_at_old', { expiresAt: NOW }), rowOf('blnk_at_revoked', { isRevoked: true })])
  expect(await tokens.find('blnk_at_none', NOW)).toBe('unknown')
  expect(await tokens.find('blnk_at_old', NOW)).toBe('expired')
  expect(await tokens.find('blnk_at_revoked', NOW)).toBe('revoked')
  expect(tokens.find('blnk_at_none', NOW)).toBeInstanceOf(Promise)
})

test('after a reload what was revoked is gone, and what was changed is changed', async () => {
  const rows = [rowOf('blnk_at_a'), rowOf('blnk_at_b')]
  const { tokens } = tokensIn(rows)
  await tokens.find('blnk_at_a', NOW)
  await tokens.find('blnk_at_b', NOW)
  rows[0] = rowOf('blnk_at_a', { isRevoked: true })
  rows[1] = rowOf('blnk_at_b', { clientScopes: ['proxy:write'] })
  await tokens.reload()
  expect(await tokens.find('blnk_at_a', NOW)).toBe('revoked')
  expect(tokens.find('blnk_at_b', NOW)).toMatchObject({ scopes: ['proxy:write'], prefix: 'blnk_at_b' })
})

test('what was read before a revocation is not kept after it', async () => {
  const rows = [rowOf('blnk_at_a')]
  const { tokens } = tokensIn(rows)
  const before = tokens.find('blnk_at_a', NOW)
  rows[0] = rowOf('blnk_at_a', { isRevoked: true })
  await tokens.reload()
  await before
  expect(await tokens.find('blnk_at_a', NOW)).toBe('revoked')
})

test('where the database does not answer, what is kept stays', async () => {
  let down = false
  const tokens = new AccessTokens()
  tokens.open(async () => {
    if (down) throw new Error('gone')
    return await Promise.resolve([rowOf('blnk_at_a')])
  })
  await tokens.find('blnk_at_a', NOW)
  down = true
  await expect(tokens.reload()).rejects.toThrow('gone')
  expect(tokens.find('blnk_at_a', NOW)).toMatchObject({ id: 'c' })
})
