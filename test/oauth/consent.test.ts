import { expect, inject, test } from 'vitest'
import { browser } from '../support/browser.js'
import { admin, call } from '../support/gateway.js'
import { authorizePath, CALLBACK, exchange, newClient, person } from '../support/oauth.js'

const { url } = inject('gateway')

test('who is not logged in logs in first, and comes back to the question', async () => {
  const client = await newClient()
  const one = browser()
  const first = await one.get(authorizePath(client))
  expect(first.status).toBe(303)
  const login = await one.get(first.headers.get('location') as string)
  const done = await one.post('/login', { ...login.fields, password: inject('gateway').adminToken })
  expect(done.headers.get('location')).toBe(authorizePath(client))
  expect((await one.get(authorizePath(client))).text).toContain('Allow of a test?')
})

test('the question names the client, its scopes and where the answer goes, and is not framed, stored or scripted', async () => {
  const client = await newClient({ name: '<script>alert(1)</script>' })
  const shown = await (await person()).get(authorizePath(client, { state: '"><img>', scope: 'data:read openid' }))
  expect(shown.text).not.toContain('<script')
  expect(shown.text).not.toContain('<img')
  expect(shown.fields['state']).toBe('"><img>')
  for (const word of ['<code>data:read</code>', '<code>app.example.com</code>', 'not registered']) expect(shown.text).toContain(word)
  expect(shown.text).not.toContain('proxy:write')
  const policy = shown.headers.get('content-security-policy') as string
  expect(policy).toContain("frame-ancestors 'none'")
  expect(policy).toContain("form-action 'self' https://app.example.com;")
  expect(policy).not.toContain('script-src')
  expect(shown.headers.get('cache-control')).toBe('no-store')
})

test('denied, the client is told so', async () => {
  const client = await newClient()
  const who = await person()
  const { fields } = await who.get(authorizePath(client, { state: 'abc' }))
  for (const decision of ['deny', 'perhaps', '']) {
    const back = await who.post('/oauth/authorize', { ...fields, decision })
    expect(back.status).toBe(303)
    const { origin, searchParams } = new URL(back.headers.get('location') as string)
    expect([origin, searchParams.get('error'), searchParams.get('state'), searchParams.get('iss'), searchParams.get('code')]).toEqual(['https://app.example.com', 'access_denied', 'abc', url, null])
  }
})

test("a form of another's page, or without this session's token, allows nothing", async () => {
  const client = await newClient()
  const [who, other] = [await person(), await person()]
  const { fields } = await who.get(authorizePath(client))
  const { fields: others } = await other.get(authorizePath(client))
  const answers = [
    await who.post('/oauth/authorize', { ...fields, decision: 'allow' }, { Origin: 'https://evil.example.com', 'Sec-Fetch-Site': 'cross-site' }),
    await who.post('/oauth/authorize', { ...fields, decision: 'allow' }, {}),
    await who.post('/oauth/authorize', { ...others, decision: 'allow' }),
    await who.post('/oauth/authorize', { ...fields, csrf_token: '', decision: 'allow' })
  ]
  expect(answers.map(({ status }) => status)).toEqual([403, 403, 403, 403])
  const nobody = await browser().post('/oauth/authorize', { ...fields, decision: 'allow' })
  expect([nobody.status, nobody.headers.get('location')?.startsWith('/login')]).toEqual([303, true])
})

test('what the form says is judged again: an address or scope that was put in is refused', async () => {
  const client = await newClient({ redirect_uris: [CALLBACK], scopes: ['data:read'] })
  const who = await person()
  const { fields } = await who.get(authorizePath(client))
  expect((await who.post('/oauth/authorize', { ...fields, decision: 'allow', redirect_uri: 'https://evil.example.com/' })).status).toBe(400)
  const back = await who.post('/oauth/authorize', { ...fields, decision: 'allow', scope: 'data:read proxy:write' })
  const code = new URL(back.headers.get('location') as string).searchParams.get('code') as string
  expect((await exchange(client, code)).json.scope).toBe('data:read')
})

test('where client or address cannot be trusted there is a page, and no redirect', async () => {
  const [client, listed] = [await newClient(), await newClient({ redirect_uris: [CALLBACK] })]
  const revoked = await newClient()
  await admin('DELETE', `/admin/oauth/clients/${revoked.id}`)
  const paths = [
    '/oauth/authorize',
    authorizePath({ id: 'blnk_client_none' }), authorizePath(revoked),
    authorizePath(client, { redirect_uri: '' }), authorizePath(client, { redirect_uri: 'http://app.example.com/' }), authorizePath(client, { redirect_uri: 'javascript:alert(1)' }),
    authorizePath(listed, { redirect_uri: `${CALLBACK}/more` }), `${authorizePath(client)}&redirect_uri=https://evil.example.com`
  ]
  for (const path of paths) {
    const answer = await call(url + path, { redirect: 'manual' })
    expect([path, answer.status, answer.headers.get('location'), answer.headers.get('content-type')]).toEqual([path, 400, null, 'text/html; charset=utf-8'])
  }
})

test('other mistakes go back to the client, with its state', async () => {
  const client = await newClient()
  const answer = await call(`${url}/oauth/authorize?client_id=${client.id}&redirect_uri=${encodeURIComponent(`${CALLBACK}?a=1`)}&response_type=token&state=s`, { redirect: 'manual' })
  expect(answer.status).toBe(302)
  const location = answer.headers.get('location') as string
  expect(location.startsWith(`${CALLBACK}?a=1&error=unsupported_response_type&`)).toBe(true)
  expect(new URL(location).searchParams.get('state')).toBe('s')
  expect(answer.headers.get('referrer-policy')).toBe('no-referrer')
})
