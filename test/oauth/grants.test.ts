import { expect, test } from 'vitest'
import { browser } from '../support/browser.js'
import { allowed, exchange, newClient, person, refresh, use } from '../support/oauth.js'

test('a person sees what they have allowed, and takes it back', async () => {
  const name = `app & ${Math.random()}`
  const client = await newClient({ name, scopes: ['data:read'] })
  const who = await person()
  const { json: tokens } = await exchange(client, (await allowed(who, client)).get('code') as string)
  expect((await use(tokens.access_token)).status).toBe(400)
  // The newest comes first.
  const shown = await who.get('/oauth/grants')
  expect(shown.text).toContain(name.replace('&', '&amp;'))
  const [, form = ''] = shown.text.split(name.replace('&', '&amp;'))
  const grant = /name="grant" value="([^"]+)"/.exec(form)?.[1] as string

  const fields = { ...shown.fields, grant }
  expect((await browser().post('/oauth/grants', fields)).headers.get('location')).toMatch(/^\/login/)
  expect((await who.post('/oauth/grants', { ...fields, csrf_token: 'x' })).status).toBe(403)
  expect((await use(tokens.access_token)).status).not.toBe(401)

  expect((await who.post('/oauth/grants', fields)).headers.get('location')).toBe('/oauth/grants')
  expect((await use(tokens.access_token)).status).toBe(401)
  expect((await refresh(client, tokens.refresh_token)).json.error).toBe('invalid_grant')
  expect((await who.get('/oauth/grants')).text).not.toContain(grant)
})
