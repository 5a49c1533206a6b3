import { beforeAll, expect, test } from 'vitest'
import type { Browser } from '../support/browser.js'
import { createTokenStore } from '../../src/oauth/token-store.js'
import { testDatabase } from '../support/database.js'
import { admin } from '../support/gateway.js'
import { allowed, exchange, newClient, person, refresh, revoke, use, type OwnClient } from '../support/oauth.js'

let who: Browser
beforeAll(async () => { who = await person() })

interface Tokens { readonly access_token: string, readonly refresh_token: string, readonly scope: string }
const tokensOf = async (client: OwnClient): Promise<Tokens> => (await exchange(client, (await allowed(who, client)).get('code') as string)).json

test('a refresh token gives new ones, once', async () => {
  const client = await newClient()
  const first = await tokensOf(client)
  const second = await refresh(client, first.refresh_token)
  expect(second.status).toBe(200)
  expect(second.json).toMatchObject({ token_type: 'Bearer', expires_in: 3600, scope: 'data:read proxy:write' })
  expect(second.json.refresh_token).not.toBe(first.refresh_token)
  expect((await use(second.json.access_token)).status).toBe(400)
})

test('one that is used again revokes the whole family', async () => {
  const client = await newClient()
  const first = await tokensOf(client)
  const { json: second } = await refresh(client, first.refresh_token)
  expect((await use(first.access_token)).status).toBe(400)
  expect((await refresh(client, first.refresh_token)).json.error).toBe('invalid_grant')
  expect((await use(first.access_token)).status).toBe(401)
  expect((await use(second.access_token)).status).toBe(401)
  expect((await refresh(client, second.refresh_token)).json.error).toBe('invalid_grant')
})

test('of several refreshes at a time one wins', async () => {
  const client = await newClient()
  const { refresh_token: token } = await tokensOf(client)
  const answers = await Promise.all([1, 2, 3, 4].map(async () => await refresh(client, token)))
  expect(answers.filter(({ status }) => status === 200).length).toBe(1)
})

test('of many who revoke a grant at a time one does, and is to tell of it', async () => {
  const client = await newClient()
  await tokensOf(client)
  const { db } = testDatabase(1)
  const { rows: [grant] } = await db.query<{ id: string }>('SELECT id FROM gateway.oauth_grants WHERE client_id = $1', [client.id])
  const tokens = createTokenStore(db)
  const all = await Promise.all([1, 2, 3, 4].map(async () => await tokens.revokeGrant(grant?.id as string)))
  await db.close()
  expect(all.filter((revoked) => revoked).length).toBe(1)
})

test('what ends nothing is no change that every process would follow', async () => {
  const client = await newClient()
  const { refresh_token: refreshToken, access_token: accessToken } = await tokensOf(client)
  const { db } = testDatabase(1)
  await db.transaction(async (tx) => {
    // What other tests change meanwhile is not seen.
    await tx.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ')
    const version = async (): Promise<string | undefined> => (await tx.query<{ version: string }>("SELECT version::text FROM gateway.changes WHERE what = 'tokens'")).rows[0]?.version
    const tokens = createTokenStore(tx)
    const before = await version()
    expect(await tokens.revoke('blnk_rt_unknown', client.id)).toBe(false)
    expect(await tokens.revoke(refreshToken, 'blnk_client_another')).toBe(false)
    expect(await tokens.revokeGrant('grant_unknown')).toBe(false)
    expect(await version()).toBe(before)
    expect([await tokens.revoke(accessToken, client.id), await tokens.revoke(accessToken, client.id)]).toEqual([true, false])
    expect([await tokens.revoke(refreshToken, client.id), await tokens.revoke(refreshToken, client.id)]).toEqual([true, false])
    expect(await version()).toBe(String(Number(before) + 2))
  })
  await db.close()
})

test('a refresh token is for its client', async () => {
  const [client, other] = [await newClient(), await newClient()]
  const { refresh_token: token } = await tokensOf(client)
  expect((await refresh(other, token)).json.error).toBe('invalid_grant')
  expect((await refresh(client, token)).status).toBe(200)
})

test('fewer scopes can be had, and no more than were granted', async () => {
  const client = await newClient()
  const { refresh_token: token } = await tokensOf(client)
  expect((await refresh(client, token, { scope: 'data:read alerts:read' })).json.error).toBe('invalid_scope')
  const fewer = await refresh(client, token, { scope: 'data:read' })
  expect(fewer.json.scope).toBe('data:read')
  expect((await use(fewer.json.access_token)).json.error_detail.code).toBe('INSTANCE_ID_REQUIRED')
  expect((await refresh(client, fewer.json.refresh_token)).json.scope).toBe('data:read proxy:write')
})

test('a revoked access token ends alone, a refresh token with all of its family', async () => {
  const client = await newClient()
  const first = await tokensOf(client)
  expect((await use(first.access_token)).status).toBe(400)
  expect((await revoke(client, first.access_token)).status).toBe(200)
  expect((await use(first.access_token)).status).toBe(401)
  const { json: second } = await refresh(client, first.refresh_token)
  expect((await use(second.access_token)).status).toBe(400)
  expect((await revoke(client, second.refresh_token)).status).toBe(200)
  expect((await use(second.access_token)).status).toBe(401)
  expect((await refresh(client, second.refresh_token)).json.error).toBe('invalid_grant')
})

test("what is not there, or another client's, is revoked with the same answer and stays", async () => {
  const [client, other] = [await newClient(), await newClient()]
  const { access_token: token } = await tokensOf(client)
  expect((await revoke(other, token)).status).toBe(200)
  expect((await revoke(client, 'blnk_at_unknown')).status).toBe(200)
  expect((await use(token)).status).toBe(400)
})

test('the tokens of a revoked client end at once, and it gets no others', async () => {
  const client = await newClient()
  const { access_token: token, refresh_token: next } = await tokensOf(client)
  expect((await use(token)).status).toBe(400)
  await admin('DELETE', `/admin/oauth/clients/${client.id}`)
  expect((await use(token)).status).toBe(401)
  const answer = await refresh(client, next)
  expect([answer.status, answer.json.error]).toEqual([401, 'invalid_client'])
})

test('the tokens of a client that is given less can do less at once', async () => {
  const client = await newClient({ scopes: ['proxy:read', 'alerts:read'] })
  const { access_token: token, refresh_token: next } = await tokensOf(client)
  expect((await use(token)).json.error_detail.code).toBe('INSTANCE_ID_REQUIRED')
  await admin('PUT', `/admin/oauth/clients/${client.id}`, { scopes: ['alerts:read'] })
  expect((await use(token)).json.error_detail.code).toBe('AUTH_INSUFFICIENT_SCOPE')
  expect((await refresh(client, next)).json.scope).toBe('alerts:read')
})

test('access tokens, refresh tokens and grants end by their time, and so do clients', async () => {
  const client = await newClient()
  const tokens = await tokensOf(client)
  const { db } = testDatabase(1)
  const expire = async (sql: string): Promise<void> => { await db.query(sql, [client.id]) }
  const inGrants = 'grant_id IN (SELECT id FROM gateway.oauth_grants WHERE client_id = $1)'
  const { rows } = await db.query<{ kind: string, days: number }>(`SELECT kind, round(extract(epoch FROM expires_at - now()) / 86400)::int AS days FROM gateway.oauth_tokens WHERE ${inGrants} ORDER BY kind`, [client.id])
  expect(rows).toEqual([{ kind: 'access', days: 0 }, { kind: 'refresh', days: 30 }])
  await expire(`UPDATE gateway.oauth_tokens SET expires_at = now() WHERE ${inGrants}`)
  expect((await use(tokens.access_token)).status).toBe(401)
  expect((await refresh(client, tokens.refresh_token)).json.error).toBe('invalid_grant')

  const others = await tokensOf(client)
  await expire('UPDATE gateway.oauth_grants SET expires_at = now() WHERE client_id = $1')
  expect((await use(others.access_token)).status).toBe(401)
  expect((await refresh(client, others.refresh_token)).json.error).toBe('invalid_grant')

  await expire('UPDATE gateway.oauth_clients SET expires_at = now() WHERE id = $1')
  await db.close()
  expect((await refresh(client, others.refresh_token)).json.error).toBe('invalid_client')
})

test('what has expired is deleted, and what is needed to know a reuse stays', async () => {
  const client = await newClient()
  const [first, old] = [await tokensOf(client), await tokensOf(client)]
  const { json: second } = await refresh(client, first.refresh_token)
  const { db } = testDatabase(1)
  const count = async (): Promise<number[]> => {
    const { rows } = await db.query<{ grants: number, tokens: number }>(`SELECT (SELECT count(*)::int FROM gateway.oauth_grants WHERE client_id = $1) AS grants,
      (SELECT count(*)::int FROM gateway.oauth_tokens t JOIN gateway.oauth_grants g ON g.id = t.grant_id WHERE g.client_id = $1) AS tokens`, [client.id])
    return [rows[0]?.grants as number, rows[0]?.tokens as number]
  }
  expect(await count()).toEqual([2, 6])
  const grant = '(SELECT grant_id FROM gateway.oauth_tokens WHERE hash = sha256(convert_to($1, \'UTF8\')))'
  await db.query(`UPDATE gateway.oauth_codes SET expires_at = now() - interval '2 hours' WHERE grant_id = ${grant}`, [old.refresh_token])
  await db.query(`UPDATE gateway.oauth_grants SET created_at = now() - interval '2 hours' WHERE id = ${grant}`, [old.refresh_token])
  await db.query(`UPDATE gateway.oauth_tokens SET expires_at = now() - interval '1 second' WHERE grant_id = ${grant}`, [old.refresh_token])
  await createTokenStore(db).sweep()
  expect(await count()).toEqual([1, 4])
  await db.close()
  expect((await refresh(client, first.refresh_token)).json.error).toBe('invalid_grant')
  expect((await refresh(client, second.refresh_token)).json.error).toBe('invalid_grant')
})

test('nothing that was given out is stored in clear', async () => {
  const client = await newClient()
  const code = (await allowed(who, client)).get('code') as string
  const { json: tokens } = await exchange(client, code)
  const { db } = testDatabase(1)
  const { rows } = await db.query<{ text: string }>(`SELECT string_agg(t, ' ') AS text FROM (SELECT row_to_json(c)::text AS t FROM gateway.oauth_clients c
    UNION ALL SELECT row_to_json(g)::text FROM gateway.oauth_grants g UNION ALL SELECT row_to_json(o)::text FROM gateway.oauth_codes o
    UNION ALL SELECT row_to_json(k)::text FROM gateway.oauth_tokens k) all_rows`)
  await db.close()
  expect(rows[0]?.text).toContain(client.id)
  for (const secret of [client.secret, code, tokens.access_token, tokens.refresh_token]) expect(rows[0]?.text).not.toContain(secret)
})
