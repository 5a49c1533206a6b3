import { expect, test } from 'vitest'
import { isRegistered, redirectUriFault, withParameters } from '../../src/oauth/redirect-uri.js'

test.each([
  'https://app.example.com/callback', 'https://app.example.com:8443/a/b?c=d', 'http://127.0.0.1:51423/cb', 'http://127.0.0.1/', 'http://[::1]:1/cb', 'https://[2001:db8::1]/cb', 'https://APP.example.com?a', 'http://localhost:3000/cb',
  'com.example.app:/cb', 'com.example.app://cb/x'
])('may be redirected to: %s', (uri) => { expect(redirectUriFault(uri)).toBe(undefined) })

test.each([
  'http://app.example.com/', 'http://127.example.com/', 'http://localhost.example.com/', 'https://app.example.com/#fragment', 'https://app.example.com/#',
  'https://user@app.example.com/', 'https://user:pass@app.example.com/', 'https://app.example.com@evil.example.com/', '/callback', 'callback', '//app.example.com/', 'https:', 'https:/app.example.com', 'https:///app.example.com',
  'https://app.example.com\\@evil.example.com/', 'https://app.example.com/ x', 'https://app.example.com/\n', 'https://app.example.com/ä',
  // Content-Security-Policy would read these as the end of a directive, of a policy, and as every host.
  'https://a;sandbox', 'https://a,b/', 'https://*.example.com/', "https://a'b/", 'https://app%2eexample.com/', 'https://app.example.com:/',
  // https://url.spec.whatwg.org/#url-parsing takes these as what they are, and a browser runs the first three.
  'javascript:alert(1)', 'data:text/html,x', 'vbscript:x', 'JAVASCRIPT:alert(1)', 'file:///etc/passwd', 'app:/cb', 'blob:https://x/', 'ws://127.0.0.1/'
])('may not: %j', (uri) => { expect(redirectUriFault(uri)).toMatch(/^(must|holds)/) })

test.each([
  ['https://a.example.com/cb', 'https://a.example.com/cb', true],
  ['https://a.example.com/cb', 'https://a.example.com/cb/', false],
  ['https://a.example.com/cb', 'https://A.example.com/cb', false],
  ['https://a.example.com/cb', 'https://a.example.com:443/cb', false],
  ['https://a.example.com/cb', 'https://a.example.com/cb?x', false],
  ['https://a.example.com/cb', 'https://a.example.com/%63b', false],
  ['https://a.example.com/', 'https://a.example.com.evil.com/', false],
  // RFC 8252 7.3: any port, and nothing besides
  ['http://127.0.0.1/cb', 'http://127.0.0.1:51423/cb', true],
  ['http://127.0.0.1:1000/cb', 'http://127.0.0.1:51423/cb', true],
  ['http://[::1]:1000/cb', 'http://[::1]/cb', true],
  ['http://127.0.0.1/cb', 'http://127.0.0.1:51423/cb2', false],
  ['http://127.0.0.1/cb', 'http://[::1]:51423/cb', false],
  ['http://127.0.0.1/cb', 'http://127.0.0.2/cb', false],
  ['http://127.0.0.1/cb', 'http://127.0.0.1:1@evil.example.com/cb', false],
  ['http://127.0.0.1', 'http://127.0.0.1.evil.example.com', false],
  // RFC 8252 8.3
  ['http://localhost/cb', 'http://localhost:51423/cb', false],
  ['https://127.0.0.1/cb', 'https://127.0.0.1:51423/cb', false]
])('%s stands for %s: %s', (registered, asked, wanted) => {
  expect(isRegistered(asked, ['https://other.example.com/', registered])).toBe(wanted)
})

test('what an address has in its query stays', () => {
  expect(withParameters('https://a/cb', { code: 'x y', state: undefined })).toBe('https://a/cb?code=x+y')
  expect(withParameters('https://a/cb?b=1', { state: 'a&b' })).toBe('https://a/cb?b=1&state=a%26b')
  expect(withParameters('https://a/cb?', { code: 'x' })).toBe('https://a/cb?code=x')
  expect(withParameters('com.example.app:/cb', { code: 'x' })).toBe('com.example.app:/cb?code=x')
})
