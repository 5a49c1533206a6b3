import { describe, expect, test } from 'vitest'
import { instanceIdOf } from '../../src/lib/instance-id.js'
import { readTarget } from '../../src/proxy/url.js'

describe('takes instance_id out and keeps every other byte', () => {
  test.each([
    ['/proxy/ledgers?instance_id=i', '/ledgers', 'i'],
    ['/proxy/ledgers', '/ledgers', undefined],
    ['/proxy/ledgers?', '/ledgers?', undefined],
    ['/proxy/balances/b/at?instance_id=i&timestamp=2024-01-01T00:00:00%2B01:00&x=a+b', '/balances/b/at?timestamp=2024-01-01T00:00:00%2B01:00&x=a+b', 'i'],
    ['/proxy/a?b=1&instance_id=i&c', '/a?b=1&c', 'i'],
    ['/proxy/a?b=1&instance_id=i', '/a?b=1', 'i'],
    ['/proxy/a?&&instance_id=i&&', '/a?&&&', 'i'],
    ['/proxy/a?%69nstance%5Fid=in%20st+1', '/a', 'in st 1'],
    ['/proxy/a?%69nstance_id=in+st', '/a', 'in st'],
    ['/proxy/a?instance_id', '/a', ''],
    ['/proxy/a?my_instance_id=', '/a?my_instance_id=', undefined],
    ['/proxy/a?%69nstance_id', '/a', ''],
    ['/proxy/a?instance_id%3D=x&instance_id%=y&instance_id%00=z&instance_id+=q', '/a?instance_id%3D=x&instance_id%=y&instance_id%00=z&instance_id+=q', undefined],
    ['/proxy/a?instance_id=%ff', '/a', '%ff'],
    ['/proxy/a?Instance_Id=x&instance_id2=y&xinstance_id=z&instance_id%=q', '/a?Instance_Id=x&instance_id2=y&xinstance_id=z&instance_id%=q', undefined],
    ['/proxy/a?q=a/../b&r=%2e%2e%2f&s=a\\b&t=//&u=?', '/a?q=a/../b&r=%2e%2e%2f&s=a\\b&t=//&u=?', undefined],
    ['/proxy/balances/indicator/@World-EUR/currency/EUR?instance_id=i', '/balances/indicator/@World-EUR/currency/EUR', 'i'],
    ['/proxy/balances/indicator/%40World%20EUR/currency/E%25R', '/balances/indicator/%40World%20EUR/currency/E%25R', undefined],
    ['/proxy/transactions/reference/a.b..c;d=1,~!$%26\'()*+=:', '/transactions/reference/a.b..c;d=1,~!$%26\'()*+=:', undefined],
    ['/proxy/a/%252e%252e/%252f', '/a/%252e%252e/%252f', undefined],
    ['/proxy/.../x/..a/a../.a', '/.../x/..a/a../.a', undefined]
  ])('%s', (raw, path, instanceId) => { expect(readTarget(raw)).toEqual({ path, instanceId }) })
})

test.each([
  ['/proxy/a\x7e\x80\xc3\xa9\xff', '/a~%80%C3%A9%FF'], ['/proxy/\xe9?\xe9=\xe9%e9&instance_id=i&%C3\xa9', '/%E9?%E9=%E9%e9&%C3%A9']
])('bytes beyond ASCII go on encoded: %j', (raw, path) => { expect(readTarget(raw)).toMatchObject({ path }) })

describe('refuses instance_id given twice', () => {
  test.each([
    '/proxy/a?instance_id=i&instance_id=i', '/proxy/a?instance_id&instance_id', '/proxy/a?instance_id=i&b=1&instance%5fid=j', '/proxy/a?%69nstance_id=i&instance_i%64=j'
  ])('%s', (raw) => { expect(readTarget(raw)).toBe('INSTANCE_ID_REPEATED') })
})

describe('refuses what could be read as another route or host', () => {
  test.each([
    '/proxy/../admin', '/proxy/..', '/proxy/.', '/proxy/./a', '/proxy/a/..', '/proxy/a/.', '/proxy/a/../b', '/proxy/%2e%2e/a', '/proxy/%2E%2e', '/proxy/.%2e/a',
    '/proxy/%2e./a', '/proxy/a/%2e', '/proxy/..;/a', '/proxy/..;x=1/a', '/proxy/%2e%2e;/a', '/proxy/..%3b/a', '/proxy/.;/a', '/proxy/..?x',
    '/proxy/a%2fb', '/proxy/a%2Fb', '/proxy/%2f', '/proxy/a%5cb', '/proxy/a%5Cb', '/proxy/a\\b', '/proxy/\\..\\a',
    '/proxy//evil.test/a', '/proxy/a//b', '/proxy/a/', '//proxy/a'.replace('//proxy', '/proxy//'), '/proxy/a\tb', '/proxy/a b', '/proxy/a\x7fb', '/proxy/a\x00',
    '/proxy/%00', '/proxy/%0d%0aX:1', '/proxy/%1F', '/proxy/%7f', '/proxy/a#b', '/proxy/a?b#c', '/proxy/a?b c', '/proxy/a?b\r\nc', '/proxy/a?b\x00',
    'http://evil.test/proxy/a', 'https://evil.test', '//evil.test/proxy/a', 'evil.test:80', '*', '', '/proxy', '/proxy?a', '/proxyx/a', '/%70roxy/a', '/PROXY/a', '/admin/keys', '/./proxy/a'
  ].filter((raw) => raw !== '/proxy/a/'))('%j', (raw) => { expect(readTarget(raw)).toBe('PATH_REFUSED') })
})

test('admission reads instance_id where the forwarder does: in the query alone, and an empty one is none', () => {
  expect(['/proxy/a', '/proxy/a&instance_id=i', '/proxy/a?b', '/proxy/a?instance_id=', '/proxy/a?instance_id=i', '/proxy/a?instance_id=i&instance_id=i'].map(instanceIdOf))
    .toEqual([undefined, undefined, undefined, undefined, 'i', null])
})

test('a slash at the end stays, for the router to judge', () => {
  expect(readTarget('/proxy/a/')).toEqual({ path: '/a/', instanceId: undefined })
})

test('what is left always starts with one slash, so that a base path is a prefix of it', () => {
  for (const raw of ['/proxy/a', '/proxy/?x', '/proxy/@evil.test/', '/proxy/:80/']) {
    const target = readTarget(raw)
    expect(typeof target === 'string' ? '' : new URL(`http://core.test/base${target.path}`).href).toMatch(/^http:\/\/core\.test\/base\//)
  }
})
