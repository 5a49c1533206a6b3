import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest'
import { launch, run, workFolder, type Running } from '../house/command.js'
import { textOf } from '../house/source-files.js'
import { admin, ownInstance, type Own } from '../support/gateway.js'
import { freePort } from '../support/free-port.js'
import { keepSecrets } from '../support/kept.js'

// Several processes in a test, each of which takes a second on a busy machine.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const cwd = workFolder()
const { url, adminToken } = inject('gateway')
const env = { BLNK_ADMIN_URL: url, BLNK_ADMIN_TOKEN: adminToken }

/** An app: it takes what it is sent, or not, and on its install calls the gateway twice. */
interface TestApp { readonly server: Server, readonly calls: number[], takes: boolean }

async function listen (server: Server, port = 0): Promise<string> {
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`
}

interface Told { readonly api_key?: string, readonly instance_id: string }

function createTestApp (): TestApp {
  const app: TestApp = {
    takes: true,
    calls: [],
    server: createServer((request, response) => {
      (async () => {
        const { api_key: key, instance_id: instance } = await json(request) as Told
        keepSecrets(key)
        if (key !== undefined && app.takes) {
          for (const path of [`/data/ledgers?instance_id=${instance}`, '/alerts']) {
            app.calls.push((await fetch(url + path, { headers: { Authorization: `Bearer ${key}` } })).status)
          }
        }
        response.writeHead(app.takes ? 200 : 500, { 'Content-Type': 'application/json' })
        response.end(JSON.stringify(request.url === '/api/portal' ? { portal_url: 'https://app.example.com/?token=of-this-launch' } : { ok: app.takes }))
      })().catch((error: unknown) => { response.destroy(error as Error) })
    })
  }
  return app
}

const app = createTestApp()
let at: string
let own: Own
afterAll(() => { app.server.close() })
beforeAll(async () => {
  own = await ownInstance()
  at = await listen(app.server)
})

async function says (...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(['apps', ...args], { cwd, env })
  expect([args, code, stderr]).toEqual([args, 0, ''])
  return stdout
}

const saysJson = async <T = Record<string, unknown>>(...args: string[]): Promise<T> => JSON.parse(await says(...args, '--json')) as T

function manifest (name: string, more: object = {}): string {
  const file = `${name}.json`
  writeFileSync(join(cwd, file), JSON.stringify({ display_name: name, description: 'Of a test', callback_url: `${at}/callback`, portal_generator_url: `${at}/portal`, permissions: ['data:read', 'alerts:write'], ...more }))
  return file
}

async function registered (name: string): Promise<string> {
  const { app_id: id, signing_secret: secret } = await saysJson<{ app_id: string, signing_secret: string }>('register', manifest(name))
  keepSecrets(secret)
  return id
}

test('an app is registered, changed, installed, launched, uninstalled and removed', async () => {
  const made = await says('register', manifest('Walked'))
  const [, id, secret] = /^app id +(app_\S+)\nsigning secret +(whsec_[\w-]{43})\n/.exec(made) as unknown as [string, string, string]
  keepSecrets(secret)
  writeFileSync(join(cwd, 'change.json'), '{"display_name":"Changed"}')
  expect(await says('update', id, 'change.json')).toMatch(new RegExp(`^${id} \\(Changed\\) is changed\\.`))
  const [list, shown] = await Promise.all([says('list'), says('show', id)])
  expect(list).toMatch(new RegExp(`^ID +NAME +CALLBACK[^]*^${id} +Changed +${at}/callback +data:read alerts:write `, 'm'))
  expect(shown).toMatch(/^display_name +Changed$/m)
  expect(list + shown).not.toContain('whsec_')

  const text = await says('install', id, '--instance', own.instanceId, '--permissions', 'data:read')
  const [, install, prefix] = new RegExp(`^(instapp_\\S+) is installed on ${own.instanceId} with data:read; its callback has the key (blnk_[\\w-]{8})…\\.\n$`).exec(text) as unknown as [string, string, string]
  const [installs, portal] = await Promise.all([says('installs', '--app', id), says('launch', install)])
  expect(installs).toMatch(new RegExp(`^${install} +Changed +${own.instanceId} +active +${prefix}… +data:read `, 'm'))
  expect(portal).toBe('https://app.example.com/?token=of-this-launch\n')

  const deliveries = await says('deliveries', '--install', install)
  expect(deliveries).toMatch(/^ID +TIME +INSTALL +EVENT +VERDICT +STATUS +MS +ERROR\ndlv_\S+ .* launch +accepted +200 +[\d.]+\ndlv_\S+ .* install +accepted +200 +[\d.]+\n$/)
  const again = /^(dlv_\S+) .* launch /m.exec(deliveries)?.[1] as string
  expect(await says('redeliver', again)).toBe('https://app.example.com/?token=of-this-launch\n')
  expect(await says('uninstall', install)).toBe(`${install} is uninstalled, and its key revoked.\n`)
  // A terminal may take it for the beginning of a command.
  writeFileSync(join(cwd, 'escape.json'), '{"display_name":"A\\u009b31m"}')
  expect(await says('update', id, 'escape.json', '--json')).toContain('"A\\u009b31m"')
  expect(await says('remove', id)).toBe(`${id} is removed.\n`)
})

test('each has --json, which prints what the admin API answers', async () => {
  const id = await registered('Json')
  const made = await saysJson<{ installed_app_id: string }>('install', id, '--instance', own.instanceId)
  const install = made.installed_app_id
  expect(made).toMatchObject({ app_id: id, status: 'active' })
  expect(made).not.toHaveProperty('api_key')
  const [apps, one, installs, launched, deliveries] = await Promise.all([
    saysJson<object[]>('list'), saysJson('show', id), saysJson<object[]>('installs', '--app', id), saysJson('launch', install), saysJson<object[]>('deliveries', '--install', install)
  ])
  expect(apps).toContainEqual(one)
  expect(installs).toEqual([made])
  expect(launched).toEqual({ portal_url: 'https://app.example.com/?token=of-this-launch' })
  expect(deliveries.at(-1)).toMatchObject({ event: 'install', verdict: 'accepted', response_status: 200 })
  expect(await saysJson('uninstall', install)).toMatchObject({ status: 'uninstalled' })
  expect(await saysJson('remove', id)).toEqual({ app_id: id, removed: true })
})

describe('what cannot be done is a sentence, with exit code 1', () => {
  const WRONG: Readonly<Record<string, { args: readonly string[], says: RegExp }>> = {
    'a manifest that is not there': { args: ['register', 'none.json'], says: /none\.json cannot be read \(ENOENT\)/ },
    'a manifest that is no JSON': { args: ['register', 'torn.json'], says: /torn\.json is not JSON/ },
    'a manifest that lacks something': { args: ['register', 'less.json'], says: /display_name/ },
    'an app that is not there': { args: ['show', 'app_none'], says: /There is no app with this id\. blnk-gateway apps list shows what there is/ },
    'an install that is not there': { args: ['uninstall', 'instapp_none', '--force'], says: /There is no install with this id/ },
    'a permission that there is not': { args: ['install', 'app_none', '--instance', 'x', '--permissions', 'data:read,data:reed'], says: /--permissions takes data:read, data:write, alerts:read, alerts:write, with commas between, and is data:reed/ },
    'no permission': { args: ['dev', '--callback', 'http://localhost:5002/api/callback', '--permissions', ''], says: /--permissions takes .* and is empty/ },
    'an event that there is not': { args: ['trigger', 'upgrade', '--install', 'x'], says: /upgrade is no event: choose from install, uninstall, launch/ },
    'an event for nobody': { args: ['trigger', 'launch', '--app', 'app_x'], says: /name an install with --install, or an app and an instance/ },
    'a callback without its scheme': { args: ['dev', '--callback', 'localhost:5002/api/callback'], says: /--callback must be a URL such as http:\/\/localhost:5002/ },
    'a portal that is a path': { args: ['dev', '--callback', 'http://localhost:5002/api/callback', '--portal', '/api/portal'], says: /--portal must be a URL such as http:\/\/localhost:5002\/api\/portal, and is \/api\/portal/ },
    'a callback that is no URL': { args: ['dev', '--callback', 'localhost'], says: /--callback must be a URL such as http:\/\/localhost:5002/ },
    'an app elsewhere without https': { args: ['dev', '--callback', 'http://app.example.com/callback'], says: /must start with https:\/\/.*APPS_ALLOW_LOCAL=true/ },
    'a delivery that is not there': { args: ['redeliver', 'dlv_none'], says: /no delivery with this id/ }
  }
  beforeAll(() => {
    writeFileSync(join(cwd, 'torn.json'), '{"display_name":')
    writeFileSync(join(cwd, 'less.json'), '{"description":"x"}')
  })
  test.concurrent.each(Object.entries(WRONG))('%s', async (_name, { args, says }) => {
    const { code, stdout, stderr } = await run(['apps', ...args], { cwd, env })
    expect(stderr).toMatch(says)
    expect(stderr).toMatch(/^blnk-gateway: [^\n]*\n$/)
    expect([code, stdout]).toEqual([1, ''])
  })
  test.concurrent('no gateway at all: which command starts one', async () => {
    const { code, stderr } = await run(['apps', 'dev', '--callback', 'http://localhost:5002/api/callback'], { cwd })
    expect([code, stderr]).toEqual([1, expect.stringMatching(/no gateway runs on the data directory .*: start one with blnk-gateway start/)])
  })
})

test('trigger: an event is fired by hand, and shown with its answer and without the key', async () => {
  const id = await registered('Triggered')
  const there = ['--app', id, '--instance', own.instanceId]
  const text = await says('trigger', 'install', ...there)
  expect(text).toMatch(new RegExp(`^(instapp_\\S+)\n\nPOST ${at}/callback\n\\{"installed_app_id":"\\1",.*"api_key":"blnk_[\\w-]{8}…".*\\}\n\n200\n\\{"ok":true\\}\n\ninstall accepted after [\\d.]+ ms\n$`))
  const install = /^instapp_\S+/.exec(text)?.[0] as string
  expect(await says('trigger', 'launch', '--install', install)).toMatch(/200\n\{"portal_url":"https:\/\/app\.example\.com\/…"\}\n\nlaunch accepted/)
  app.takes = false
  try {
    const refused = await run(['apps', 'trigger', 'uninstall', ...there], { cwd, env })
    expect([refused.code, refused.stderr]).toEqual([1, ''])
    expect(refused.stdout).toMatch(/\n500\n\{"ok":false\}\n\nuninstall refused after [\d.]+ ms: it answered 500\n$/)
  } finally {
    app.takes = true
  }
  expect(await saysJson('trigger', 'uninstall', ...there)).toMatchObject({ event: 'uninstall', verdict: 'accepted', installed_app_id: install })
  const { installed_app_id: next } = await saysJson<{ installed_app_id: string }>('trigger', 'install', '--install', install)
  expect(next).not.toBe(install)
  await says('uninstall', next)
  const { code, stderr } = await run(['apps', 'trigger', 'launch', ...there], { cwd, env })
  expect([code, stderr]).toEqual([1, expect.stringMatching(/is not installed on .*: blnk-gateway apps trigger install/)])
  await says('remove', id)
})

describe('dev', () => {
  const dev = (callback: string, ...more: string[]): Running => launch(['apps', 'dev', '--callback', callback, '--instance', own.instanceId, ...more], { cwd, env })

  const appsAt = async (callback: string): Promise<Array<{ app_id: string }>> =>
    (await admin('GET', '/admin/apps')).json.data.filter((one: { callback_url: string }) => one.callback_url === callback) as Array<{ app_id: string }>

  const activeInstalls = async (): Promise<string[]> =>
    (await admin('GET', `/admin/installs?instance_id=${own.instanceId}`)).json.data.filter((one: { status: string }) => one.status === 'active').map((one: { installed_app_id: string }) => one.installed_app_id) as string[]

  test('waits for the app, shows what it sends and is sent, and leaves nothing behind', async () => {
    const late = createTestApp()
    const port = await freePort()
    const callback = `http://127.0.0.1:${port}/api/callback`
    const running = dev(callback, '--permissions', 'data:read')
    // An app that checks signatures cannot take its install without it.
    await running.until(/^app_\S+ is registered\.\n\n {2}Signing secret {2}whsec_[\w-]{43}\n/)
    await running.until(/is not reached \(.*\): start the app; it is installed as soon as it answers\.\n/)
    await listen(late.server, port)
    try {
      const shown = await running.until(/GET +\/data\/ledgers +200 [^]*GET +\/alerts +403 .*refused: .*\n/)
      expect(late.calls).toEqual([200, 403])
      expect(shown.match(/is not reached/g)).toHaveLength(1)
      const key = /App key +(blnk_[\w-]{43})$/m.exec(shown)?.[1] as string
      keepSecrets(/Signing secret +(whsec_[\w-]{43})$/m.exec(shown)?.[1])
      expect(shown).toContain(`APP_KEY=${key}\n  curl -s "${url}/data/ledgers?instance_id=${own.instanceId}"`)
      expect(shown).toMatch(new RegExp(`^\\d\\d:\\d\\d:\\d\\d install +to ${callback} {2}200 {2}[\\d.]+ ms {2}accepted$`, 'm'))

      const [install] = await activeInstalls()
      await admin('POST', `/admin/installs/${install as string}/launch`)
      await running.until(new RegExp(`launch +to http://127\\.0\\.0\\.1:${port}/api/portal {2}200 {2}[\\d.]+ ms {2}accepted\n`))
      // An app that answers no more is removed all the same.
      late.takes = false
      running.child.kill('SIGINT')
      const { code, stdout, stderr } = await running.ended
      expect([code, stderr]).toEqual([0, ''])
      expect(stdout).toMatch(/uninstall to \S+ {2}500 {2}[\d.]+ ms {2}refused: it answered 500\napp_\S+ is uninstalled and removed\.\n$/)
      expect([await appsAt(callback), await activeInstalls()]).toEqual([[], []])
      expect((await fetch(`${url}/data/ledgers?instance_id=${own.instanceId}`, { headers: { Authorization: `Bearer ${key}` } })).status).toBe(401)
    } finally {
      late.server.close()
    }
  })

  test('the app of docs/apps.md takes its install, posts, raises an alert and opens its portal', async () => {
    const programs = [...textOf('docs/apps.md').matchAll(/```js\n([^]*?)```/g)].map(([, text]) => text as string)
    writeFileSync(join(cwd, 'app.mjs'), programs.find((text) => text.includes('createServer')) as string)
    writeFileSync(join(cwd, 'signature.mjs'), programs.find((text) => text.includes('export function isFromGateway')) as string)
    const port = await freePort()
    const running = dev(`http://127.0.0.1:${port}/api/callback`)
    const [, secret] = /Signing secret +(whsec_[\w-]{43})\n/.exec(await running.until(/start the app; it is installed as soon as it answers/)) as unknown as [string, string]
    keepSecrets(secret)
    const theirs = spawn(process.execPath, ['app.mjs'], { cwd, env: { BLNK_BASE_URL: url, BLNK_SIGNING_SECRET: secret, PORT: String(port) }, stdio: 'inherit' })
    try {
      const shown = await running.until(/POST +\/proxy\/transactions +201 [^]*POST +\/alerts\/flag\/txn_\S+ +201 .*\n/)
      keepSecrets(/App key +(blnk_[\w-]{43})$/m.exec(shown)?.[1])
      const portal = (await says('launch', /^(instapp_\S+) is installed/m.exec(shown)?.[1] as string)).trim()
      expect(await (await fetch(portal)).text()).toBe('The portal. Installs: 1')
      const unsigned = await fetch(`http://127.0.0.1:${port}/api/portal`, { method: 'POST', body: '{}' })
      expect(unsigned.status).toBe(401)
      running.child.kill('SIGINT')
      expect((await running.ended).stdout).toMatch(/uninstall to \S+ {2}200 .*accepted\napp_\S+ is uninstalled and removed\.\n$/)
    } finally {
      theirs.kill()
    }
  })

  test('--keep leaves it, and the next one takes it over; --json prints lines', async () => {
    const callback = `${at}/callback`
    const kept = dev(callback, '--keep', '--json')
    const lines = (await kept.until(/"event":"install"[^]*"path":"\/alerts"[^]*\n/)).trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(lines[0]).toEqual({ app_id: lines[1]?.['app_id'], signing_secret: expect.stringMatching(/^whsec_[\w-]{43}$/) as string })
    expect(lines[1]).toMatchObject({ status: 'active', granted_permissions: ['data:read', 'data:write', 'alerts:read', 'alerts:write'], api_key: expect.any(String) as string })
    keepSecrets(lines[0]?.['signing_secret'] as string)
    expect(lines.slice(2)).toEqual([{ delivery: expect.objectContaining({ event: 'install', verdict: 'accepted' }) as object }, ...['/data/ledgers', '/alerts'].map((path) => ({ request: expect.objectContaining({ path, status: 200 }) as object }))])
    kept.child.kill('SIGTERM')
    expect((await kept.ended).code).toBe(0)
    const [before] = await activeInstalls()
    const [registered] = await appsAt(callback)
    expect([typeof before, typeof registered]).toEqual(['string', 'object'])

    const next = dev(callback)
    // What another does with the app is shown too: its key is another one.
    await next.until(/GET +\/alerts +200/)
    const [second] = await activeInstalls()
    await admin('DELETE', `/admin/installs/${second as string}`)
    await admin('POST', `/admin/apps/${registered?.app_id ?? ''}/installs`, { instance_id: own.instanceId })
    const shown = await next.until(/ uninstall to [^]* install +to [^]* uninstall to |(?: GET +\/alerts +200[^]*){2}/)
    expect(shown).toContain(`${before as string}, an earlier install, is uninstalled.\n`)
    expect(shown).toMatch(/^app_\S+ was registered before: it is taken over, and without --keep removed at the end\.\n\n {2}Signing secret {2}as it was shown when the app was registered\n/)
    next.child.kill('SIGTERM')
    expect((await next.ended).code).toBe(0)
    expect([await appsAt(callback), await activeInstalls()]).toEqual([[], []])
  })

  test('who listens and speaks no https is not tried again and again', async () => {
    const callback = `${at.replace('http:', 'https:')}/callback`
    const { code, stdout, stderr } = await dev(callback).ended
    keepSecrets(/Signing secret +(whsec_[\w-]{43})$/m.exec(stdout)?.[1])
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^blnk-gateway: the app did not take its install[^]*install not_reached after [\d.]+ ms: 127\.0\.0\.1 could not be reached \(\w+\): it does not speak https\n$/)])
    expect((await admin('GET', `/admin/installs?instance_id=${own.instanceId}`)).json.data.filter((one: { error: string | null }) => one.error?.includes('https') === true)).toHaveLength(2)
  })

  test('an app that was registered to last is left alone', async () => {
    const callback = `${at}/lasting`
    const made = await admin('POST', '/admin/apps', { display_name: 'Lasting', description: 'of a test', callback_url: callback, portal_generator_url: `${at}/portal`, permissions: ['data:read'] })
    keepSecrets(made.json.signing_secret)
    const { code, stderr } = await dev(callback).ended
    expect([code, stderr]).toEqual([1, expect.stringContaining(`${made.json.app_id as string} (Lasting) is registered with this callback already`)])
    expect(await appsAt(callback)).toMatchObject([{ display_name: 'Lasting', permissions: ['data:read'] }])
    await admin('DELETE', `/admin/apps/${made.json.app_id as string}`)
  })

  test('an app that refuses its install is shown, and removed', async () => {
    const refusing = createTestApp()
    refusing.takes = false
    const callback = `${await listen(refusing.server)}/callback`
    const { code, stderr } = await dev(callback).ended
    expect(code).toBe(1)
    expect(stderr).toMatch(/^blnk-gateway: the app did not take its install[^]*\n500\n\{"ok":false\}\n\ninstall refused after [\d.]+ ms: it answered 500\n$/)
    expect(await appsAt(callback)).toEqual([])
    refusing.server.close()
  })
})
