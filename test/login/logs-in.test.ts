import { inject, expect, test } from 'vitest'
import { browser } from '../support/browser.js'

const { adminToken } = inject('gateway')

test('the admin token logs in, and the session ends with the logout', async () => {
  const { get, post } = browser()
  const form = await get('/login?next=/login')
  expect(form.status).toBe(200)
  expect(form.text).toContain('Admin token')
  const done = await post('/login', { ...form.fields, password: adminToken })
  expect([done.status, done.headers.get('location')]).toEqual([303, '/login'])
  const inside = await get('/login')
  expect(inside.text).toContain('You are logged in')
  const out = await post('/logout', inside.fields)
  expect([out.status, out.headers.get('location')]).toEqual([303, '/login'])
  expect((await get('/login')).text).toContain('Admin token')
})
