import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { rows } from '../../routes/index.js'
import { CATALOGUE } from '../../src/errors.js'
import { SCOPES } from '../../src/auth/scopes.js'
import { scopesOf, specPath } from './row-spelling.js'

interface Operation {
  operationId: string
  summary: string
  security?: Array<Record<string, string[]>>
  'x-scopes'?: string[]
  'x-tier'?: string
  parameters?: Array<{ $ref: string }>
  requestBody?: { content: Record<string, Media> }
  responses: Record<string, { $ref?: string, content?: Record<string, Media> }>
}
interface Media { example?: unknown, examples?: Record<string, { $ref?: string, value?: unknown }> }
interface Example { summary: string, value: { error: string, error_detail: { code: string, message: string } } }

const document = parse(readFileSync(new URL('../../openapi.yaml', import.meta.url), 'utf8')) as {
  info: { version: string }
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, { enum: string[] }>, parameters: Record<string, { name: string, in: string }>, examples: Record<string, Example> }
}
const operations = new Map(Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => [`${method.toUpperCase()} ${path}`, operation] as const)))

const isExample = (media: Media): boolean => media.example !== undefined || Object.values(media.examples ?? {}).some((one) =>
  one.value !== undefined || document.components.examples[one.$ref?.split('/').at(-1) as string] !== undefined)

test('openapi.yaml has the methods and paths of the rows, and no others', () => {
  expect([...operations.keys()].sort()).toEqual(rows.map((row) => `${row.method} ${specPath(row)}`).sort())
})

test('no two rows have the same method and path', () => {
  const seen = rows.map((row) => `${row.method} ${row.path.replace(/:\w+/g, ':x')}`)
  expect(seen.filter((one, at) => seen.indexOf(one) !== at)).toEqual([])
})

describe.each(rows.map((row) => [`${row.method} ${specPath(row)}`, row] as const))('%s', (name, row) => {
  const operation = operations.get(name) as Operation
  const parameters = (operation.parameters ?? []).map(({ $ref }) => document.components.parameters[$ref.split('/').at(-1) as string])

  test('asks for the credential of the row', () => {
    expect(operation['x-scopes'] ?? []).toEqual(scopesOf(row))
    expect(operation['x-tier']).toBe(row.tier)
    expect(operation.security).toEqual(row.scope === 'public' ? [] : row.scope === 'admin' ? [{ adminToken: [] }] : undefined)
  })

  test('has its parameters, instance_id where the row needs an instance, and examples', () => {
    const inPath = [...row.path.matchAll(/:(\w+)/g)].map((match) => match[1])
    expect(parameters.filter((one) => one?.in === 'path').map((one) => one?.name)).toEqual(inPath)
    // As a filter of requests it is another parameter.
    expect((operation.parameters ?? []).some(({ $ref }) => $ref.endsWith('/InstanceId'))).toBe(row.instance === 'required')
    const media = [operation.requestBody?.content ?? {}, ...Object.values(operation.responses).map((one) => one.content ?? {})].flatMap(Object.values<Media>)
    const answers = Object.entries(operation.responses).filter(([status, one]) => /^2/.test(status) && status !== '204' && one.content === undefined)
    expect(answers).toEqual([])
    // The preview of a dry run has no settled shape.
    expect(media.filter((one) => !isExample(one)).length).toBe(name === 'POST /proxy/transactions' ? 1 : 0)
  })
})

interface Schema { type?: unknown, required?: string[], properties?: Record<string, unknown>, additionalProperties?: unknown, minProperties?: number }

test.each(rows.filter((row) => row.body !== undefined).map((row) => [`${row.method} ${specPath(row)}`, row] as const))('%s takes the body that the program checks', (name, row) => {
  const { schema } = operations.get(name)?.requestBody?.content['application/json'] as { schema: { $ref: string } }
  const described = document.components.schemas[schema.$ref.split('/').at(-1) as string] as unknown as Schema
  const checked = row.body as Schema
  const essence = ({ type, required = [], properties = {}, additionalProperties, minProperties }: Schema): object =>
    ({ type, required, properties: Object.keys(properties).sort(), additionalProperties, minProperties })
  expect(essence(described)).toEqual(essence(checked))
})

test('operation ids are unique', () => {
  const ids = [...operations.values()].map((operation) => operation.operationId)
  expect(new Set(ids).size).toBe(ids.length)
})

test('the error codes and the scopes are those of the program', () => {
  expect(document.components.schemas['ErrorCode']?.enum).toEqual(Object.keys(CATALOGUE))
  expect(document.components.schemas['Scope']?.enum).toEqual([...SCOPES])
})

test.each(Object.entries(CATALOGUE))('%s has an example with its status and its code', (code, [status, sentence]) => {
  const example = document.components.examples[code]
  expect(example?.summary).toBe(String(status))
  // RFC 6749 5.2 has a shape of its own.
  if (/^OAUTH_(INVALID|UNSUPPORTED)_/.test(code)) return expect(example?.value).toEqual({ error: code.slice('OAUTH_'.length).toLowerCase(), error_description: sentence })
  expect(example?.value.error_detail.code).toBe(code)
  expect(example?.value.error).toBe(example?.value.error_detail.message)
})

test('the version is that of the package', () => {
  expect(document.info.version).toBe((JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }).version)
})
