import { expect, inject, test } from 'vitest'
import { proxyRows } from '../../routes/index.js'
import { textOf } from './source-files.js'

const VALUES: Readonly<Record<string, string>> = { indicator: '@World', currency: 'USD', collection: 'ledgers', field: 'FirstName' }

test('the routes that the sandbox does not have are those that the document lists', async () => {
  const { sandboxCoreUrl, sandboxCoreKey } = inject('gateway')
  const answers = await Promise.all(proxyRows.map(async ({ method, path }) => {
    const target = path.slice('/proxy'.length).replace(/:(\w+)/g, (_, name: string) => VALUES[name] ?? 'none_1')
    const sends = method === 'POST' || method === 'PUT'
    // An empty text is no JSON: nothing is made by asking.
    const answer = await fetch(sandboxCoreUrl + target, { method, headers: { 'X-Blnk-Key': sandboxCoreKey }, ...(sends ? { body: '' } : {}) })
    return [`${method} ${path}`, answer.status === 404 && (await answer.text()).startsWith('404 page not found')] as const
  }))
  const listed = [...textOf('docs/sandbox-differences.md').matchAll(/^\| (GET|POST|PUT|DELETE) \| `([^`]+)` \|$/gm)].map((match) => `${match[1]} ${match[2]}`)
  expect(answers.filter(([, missing]) => missing).map(([route]) => route)).toEqual(listed)
})
