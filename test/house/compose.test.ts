import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import fastify from 'fastify'
import { afterAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import { ROOT, textOf } from './source-files.js'

const { readConfig, SETTINGS } = await import(new URL('../../dist/src/config.js', import.meta.url).href) as typeof import('../../src/config.js')

interface Service { readonly environment?: Record<string, string>, readonly depends_on?: Record<string, { condition: string }>, readonly healthcheck?: object, readonly volumes?: string[], readonly networks: string[], readonly ports?: string[] }
interface Compose { readonly services: Record<string, Service>, readonly volumes: object, readonly networks: object }

const text = textOf('deploy/compose.yaml')
const compose = parse(text, { merge: true }) as Compose
const services = Object.entries(compose.services)
const folder = mkdtempSync(join(tmpdir(), 'blnk-gateway-compose-'))
afterAll(() => { rmSync(folder, { recursive: true, force: true }) })

/** The schema of the Compose Specification as compose-go v2.10.2 has it (Apache-2.0): the last in draft 07, which Fastify's validator reads. */
async function faultsOf (file: unknown): Promise<string> {
  const { $schema, $id, ...schema } = JSON.parse(textOf('test/house/compose-spec.json')) as Record<string, unknown>
  const app = fastify({ ajv: { customOptions: { removeAdditional: false, coerceTypes: false, useDefaults: false, allErrors: true, strict: false } } })
  app.post('/', { schema: { body: schema } }, () => 'fine')
  const answer = await app.inject({ method: 'POST', url: '/', payload: file as object })
  await app.close()
  return answer.body
}

/** Each name that the file asks the environment for, and what it says where there is none. */
const asked = new Map([...text.replace(/^\s*#.*$/gm, '').matchAll(/(?<!\$)\$\{?(\w+)(:\?|:-[^}]*)?/g)].map(([, name, otherwise]) => [name as string, otherwise ?? '']))

test('compose.yaml follows the Compose Specification', async () => {
  expect(await faultsOf(compose)).toBe('fine')
  expect(await faultsOf({ ...compose, services: { gateway: { imagee: 'x' } } })).toContain('additional properties')
  expect(await faultsOf({ ...compose, services: { gateway: { image: 'x', restart: 5 } } })).toContain('restart')
})

test('what a service waits for, mounts and joins is there', () => {
  for (const [name, { depends_on: needs = {}, volumes = [], networks }] of services) {
    for (const [other, { condition }] of Object.entries(needs)) {
      expect(compose.services, name).toHaveProperty(other)
      if (condition === 'service_healthy') expect(compose.services[other]?.healthcheck, `${name} waits for ${other}`).toBeDefined()
    }
    for (const volume of volumes) expect(compose.volumes, name).toHaveProperty(volume.split(':')[0] as string)
    for (const network of networks) expect(compose.networks, name).toHaveProperty(network)
    for (const port of compose.services[name]?.ports ?? []) expect(port, name).toMatch(/^127\.0\.0\.1:/)
  }
})

test('no secret has a standard value', () => {
  const secrets = [...asked].filter(([name]) => /KEY|TOKEN|SECRET|PASSWORD/.test(name))
  expect(secrets.length).toBeGreaterThan(5)
  for (const [name, otherwise] of secrets) expect(otherwise, name).toBe(':?')
  for (const [service, { environment = {} }] of services) {
    for (const [name, value] of Object.entries(environment)) if (/KEY|TOKEN|SECRET|PASSWORD/.test(name)) expect(value, `${service} ${name}`).toMatch(/^\$\{\w+:\?\}$/)
  }
})

test('the gateway starts with the settings that make-env.mjs makes', async () => {
  const file = join(folder, '.env')
  const make = async () => await promisify(execFile)(process.execPath, [join(ROOT, 'deploy/make-env.mjs'), file])
  await make()
  expect(statSync(file).mode & 0o777).toBe(0o600)
  const made = new Map(readFileSync(file, 'utf8').trim().split('\n').map((line) => line.split('=') as [string, string]))
  expect([...made.keys()].sort()).toEqual([...asked].filter(([, otherwise]) => otherwise === ':?').map(([name]) => name).sort())
  expect(new Set(made.values()).size).toBe(made.size)
  expect(made.get('CORE_TOKENIZATION_SECRET')?.length).toBe(32)
  await expect(make()).rejects.toThrow('is there already')

  const given = compose.services['gateway']?.environment as Record<string, string>
  const names = Object.values(SETTINGS).map(({ env }) => env as string)
  for (const name of Object.keys(given)) expect(names).toContain(name)
  const filled = (value: string): string => value.replace(/\$\{(\w+)(?::-([^}]*)|:\?)\}/g, (_all, name: string, otherwise: string) => made.get(name) ?? otherwise)
  const config = readConfig({ HOST: '0.0.0.0', ADMIN_PORT: '4101', ...Object.fromEntries(Object.entries(given).map(([name, value]) => [name, filled(value)])) })
  expect(config.coreUrl).toBe('http://core:5001')
  expect(config.coreKey).toBe(made.get('CORE_KEY'))
})
