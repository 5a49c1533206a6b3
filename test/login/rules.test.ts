import fc from 'fast-check'
import Fastify from 'fastify'
import { describe, expect, test } from 'vitest'
import { readConfig } from '../../src/config.js'
import { Attempts } from '../../src/login/attempts.js'
import { html } from '../../src/login/html.js'
import { localPath } from '../../src/login/next.js'
import { isLoopbackHost, page } from '../../src/login/page.js'
import { hashPassword, isPassword } from '../../src/login/password.js'

describe('where a login leads on to', () => {
  const OURS = 'https://ledger.example.com'
  const pieces = fc.array(fc.constantFrom('/', '//', '\\', '.', '..', 'a', '@', ':', 'https:', 'javascript:', 'evil.example', '\t', '\n', '\r', ' ', '?', '#', '%2f', '%5c', '\u0000', '／', '。'), { maxLength: 8 }).map((all) => all.join(''))

  test('is a path of the gateway, whatever is asked for', () => {
    fc.assert(fc.property(fc.oneof(pieces, pieces.map((rest) => `/${rest}`), fc.string(), fc.webUrl()), (text) => {
      const path = localPath(text, '/login')
      // As a browser reads a Location.
      return path.startsWith('/') && new URL(path, `${OURS}/login`).origin === OURS
    }), { numRuns: 2000 })
  })

  test.each(['/', '/oauth/authorize?client_id=blnk_client_1&redirect_uri=https%3A%2F%2Fapp.example%2Fcb&state=a//b', '/.//a', '/a?next=//b'])('keeps %s', (path) => {
    expect(localPath(path, '/login')).toBe(path)
  })

  test.each(['//evil.example', '/\\evil.example', '/\t/evil.example', '\\/evil.example', 'https://evil.example', 'javascript:alert(1)', '', ' /a', '/a b', '/a\n', undefined, ['/a', '/b'], `/${'a'.repeat(20_000)}`])('does not keep %j', (text) => {
    expect(localPath(text, '/login')).toBe('/login')
  })
})

test('markup escapes what is no markup, in content and in attributes', () => {
  fc.assert(fc.property(fc.string(), (text) => {
    const { text: made } = html`<a title="${text}">${text}</a>`
    return /^<a title="[^<>"']*">[^<>"']*<\/a>$/.test(made)
  }))
  expect(html`<ul>${['<b>', '&'].map((one) => html`<li>${one}</li>`)}</ul>${undefined}${3}`.text).toBe('<ul><li>&lt;b&gt;</li><li>&amp;</li></ul>3')
})

test.each([
  ['localhost:4100', true], ['LOCALHOST', true], ['127.0.0.1:4100', true], ['[::1]:4100', true],
  ['localhost.evil.example', false], ['127.0.0.1.evil.example:80', false], ['10.0.0.1', false], ['[::2]', false], ['', false], [undefined, false], ['localhost:4100@evil.example', false]
])('the host %s is this machine: %s', (host, expected) => {
  expect(isLoopbackHost(host)).toBe(expected)
})

describe('PUBLIC_URL', () => {
  test.each([['https://ledger.example.com', 'https://ledger.example.com'], ['https://Ledger.example.com:443/', 'https://ledger.example.com'], ['http://localhost:4100', 'http://localhost:4100'], ['http://[::1]:4100/', 'http://[::1]:4100']])('%s is taken', (given, origin) => {
    expect(readConfig({ PUBLIC_URL: given }).publicUrl).toBe(origin)
  })
  test.each(['http://ledger.example.com', 'https://ledger.example.com/base', 'https://user@ledger.example.com', 'https://ledger.example.com?a', 'ledger.example.com', 'javascript:alert(1)'])('%s is not', (given) => {
    expect(() => readConfig({ PUBLIC_URL: given })).toThrow(/^PUBLIC_URL must be https:\/\/HOST/)
  })
})

describe('a page', () => {
  const shown = async (formTarget?: string): Promise<Record<string, unknown>> => {
    const app = Fastify().get('/', (_request, reply) => page(reply, { title: 'A <title>', body: html`<p>x</p>`, formTarget: formTarget === undefined ? undefined : new URL(formTarget) }))
    return (await app.inject('/')).headers
  }
  test('has the headers that keep other pages from it', async () => {
    expect(await shown()).toMatchObject({
      'content-security-policy': expect.stringMatching(/^default-src 'none'; style-src 'sha256-[\w+/]{43}='; img-src data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'$/),
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'same-origin',
      'cross-origin-opener-policy': 'same-origin',
      'cache-control': 'no-store',
      'content-type': 'text/html; charset=utf-8'
    })
  })
  test.each([
    ['https://app.example.com/callback?a=b;c', 'https://app.example.com'], ['http://127.0.0.1:7777/cb', 'http://127.0.0.1:7777'],
    ['http://[::1]:7777/cb', 'http:'], ['com.example.app:/cb', 'com.example.app:']
  ])('lets its forms lead on to %s by %s alone', async (target, source) => {
    expect((await shown(target))['content-security-policy']).toContain(`; form-action 'self' ${source}; frame-ancestors`)
  })
})

describe('a stored password', () => {
  test('is known again however its characters were typed, and has a salt of its own', async () => {
    const [one, two] = [await hashPassword('\u00c5ngstr\u00f6m is a unit'), await hashPassword('\u00c5ngstr\u00f6m is a unit')]
    expect(one).toMatch(/^\$scrypt\$ln=15,r=8,p=3\$[\w+/]{22}\$[\w+/]{43}$/)
    expect(two).not.toBe(one)
    expect(await isPassword('A\u030angstro\u0308m is a unit', one)).toBe(true)
    expect(await isPassword('angstrom is a unit', one)).toBe(false)
  })

  test('is as another program computes it', async () => {
    // RFC 7914 12, the second vector: N = 1024, r = 8, p = 16, the first 32 bytes.
    const hash = Buffer.from('fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162', 'hex').toString('base64').replace('=', '')
    expect(await isPassword('password', `$scrypt$ln=10,r=8,p=16$${Buffer.from('NaCl').toString('base64').replaceAll('=', '')}$${hash}`)).toBe(true)
  })

  test('is computed one at a time, and only so many wait', async () => {
    const slow = `$scrypt$ln=13,r=8,p=3$AAAA$${'A'.repeat(43)}`
    const quick = slow.replace('ln=13', 'ln=4')
    const done: string[] = []
    const first = isPassword('x', slow).then(() => { done.push('slow') })
    const more = await Promise.allSettled(Array.from({ length: 200 }, async () => { await isPassword('x', quick).then(() => { done.push('quick') }) }))
    await first
    expect(done).toEqual(['slow', ...Array<string>(7).fill('quick')])
    const refused = more.flatMap((one) => one.status === 'rejected' ? [one.reason as { code: string, headers: object }] : [])
    expect(refused).toHaveLength(193)
    expect(refused[0]).toMatchObject({ code: 'LOGIN_TOO_OFTEN', headers: { 'Retry-After': '5' } })
    expect(await isPassword('x', quick)).toBe(false)
  })
})

describe('wrong tries', () => {
  const take = (attempts: Attempts, from: string, times: number, now: number): number[] => Array.from({ length: times }, () => attempts.take(from, now))

  test('are free five times, then cost twice the wait each time, up to a minute, and less is not forgiven', () => {
    const attempts = new Attempts()
    let now = 1_000_000
    expect(take(attempts, '192.0.2.1', 7, now)).toEqual([0, 0, 0, 0, 0, 1000, 1000])
    const waits: number[] = []
    for (let i = 0; i < 9; i++) {
      const wait = attempts.take('192.0.2.1', now)
      waits.push(wait)
      now += wait
      expect(attempts.take('192.0.2.1', now)).toBe(0)
    }
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000])
    expect(attempts.take('192.0.2.2', now)).toBe(0)
    expect(attempts.take('192.0.2.1', now + 15 * 60_000)).toBe(0)
  })

  test('are forgotten at a login', () => {
    const attempts = new Attempts()
    take(attempts, '192.0.2.1', 5, 0)
    attempts.succeeded('192.0.2.1')
    expect(take(attempts, '192.0.2.1', 6, 0)).toEqual([0, 0, 0, 0, 0, 1000])
  })

  test('of many addresses slow all of them down, up to five seconds, except those that logged in before', () => {
    const attempts = new Attempts()
    attempts.take('192.0.2.1', 0)
    attempts.succeeded('192.0.2.1')
    const waits = Array.from({ length: 60 }, (_, i) => attempts.take(`198.51.100.${i}`, 0))
    expect(waits.filter((wait) => wait === 0)).toHaveLength(50)
    let now = 0
    for (let i = 0; i < 20; i++) {
      const wait = attempts.take(`203.0.113.${i}`, now)
      expect(wait).toBeLessThanOrEqual(5000)
      now += wait
      if (wait > 0) expect(attempts.take(`203.0.113.${i}`, now)).toBe(0)
    }
    expect(attempts.take('203.0.113.99', now)).toBe(5000)
    expect(attempts.take('192.0.2.1', now)).toBe(0)
  })
})
