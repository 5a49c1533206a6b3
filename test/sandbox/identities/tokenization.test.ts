import { expect, test } from 'vitest'
import { openCore } from '../core.js'

const GRACE = { first_name: 'Grace', last_name: 'Hopper', email_address: 'grace@example.com', meta_data: { rank: 'Rear Admiral' } }

test('a token is read back after a restart with the same key, and is a plain 500 with another', async () => {
  const first = await openCore({ keep: true })
  const id = (await first.send('POST', '/identities', GRACE)).json['identity_id'] as string
  expect((await first.send('POST', `/identities/${id}/tokenize`, { fields: ['firstName', 'EmailAddress'] })).status).toBe(200)
  const stored = (await first.send('GET', `/identities/${id}`)).json
  expect(stored['first_name']).toMatch(/^FPT:[A-Z][a-z]{4}:/)
  expect(stored['email_address']).toMatch(/^FPT:[a-z]{5}@[a-z]{7}\.[a-z]{3}:/)
  expect(stored['meta_data']).toEqual({ rank: 'Rear Admiral', tokenized_fields: { EmailAddress: true, FirstName: true } })
  await first.close()

  const second = await openCore({ schema: first.schema, key: first.key, keep: true })
  expect((await second.send('GET', `/identities/${id}/detokenize/FirstName`)).json).toEqual({ field: 'FirstName', value: 'Grace' })
  expect((await second.send('POST', `/identities/${id}/detokenize`, {})).json).toEqual({ fields: { EmailAddress: 'grace@example.com', FirstName: 'Grace' } })
  await second.close()

  const third = await openCore({ schema: first.schema })
  const refused = await third.send('GET', `/identities/${id}/detokenize/FirstName`)
  expect([refused.status, refused.json['error']]).toEqual([500, 'internal server error'])
})

test('of many at once one tokenizes a field, and the others are told that it is', async () => {
  const { send } = await openCore()
  const id = (await send('POST', '/identities', GRACE)).json['identity_id'] as string
  const answers = await Promise.all(Array.from({ length: 8 }, async () => await send('POST', `/identities/${id}/tokenize/LastName`)))
  expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array.from({ length: 7 }, () => 409)])
  expect((await send('GET', `/identities/${id}/detokenize/LastName`)).json['value']).toBe('Hopper')
})

test('the same value has the same token in every identity', async () => {
  const { send } = await openCore()
  const tokens = await Promise.all([1, 2].map(async () => {
    const id = (await send('POST', '/identities', GRACE)).json['identity_id'] as string
    await send('POST', `/identities/${id}/tokenize/EmailAddress`)
    return (await send('GET', `/identities/${id}`)).json['email_address']
  }))
  expect(tokens[0]).toBe(tokens[1])
})

test('what was put in the place of a token is not read as one', async () => {
  const { send } = await openCore()
  const id = (await send('POST', '/identities', GRACE)).json['identity_id'] as string
  await send('POST', `/identities/${id}/tokenize/LastName`)
  await send('PUT', `/identities/${id}`, { last_name: 'Murray' })
  expect((await send('GET', `/identities/${id}/detokenize/LastName`)).status).toBe(500)
  await send('PUT', `/identities/${id}`, { meta_data: { tokenized_fields: { Shoe: true } } })
  expect((await send('GET', `/identities/${id}/detokenize/Shoe`)).json['error']).toBe('field Shoe not found')
})
