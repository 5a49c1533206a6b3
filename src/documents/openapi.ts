interface Parameter { name: string, example?: unknown, schema: { default?: unknown } }

/** As much of openapi.yaml as is changed for a caller. */
export interface OpenApi {
  servers: Array<{ url: string, description?: string }>
  readonly paths: Readonly<Record<string, unknown>>
  readonly tags: ReadonlyArray<{ readonly name: string }>
  readonly components: { readonly parameters: Readonly<Record<string, Parameter>> }
}

interface Live {
  /** The server's URL; `/` is where the document was read (OpenAPI 3.1, 4.8.5). */
  readonly url: string
  /** For programs that were given no instance_id. */
  readonly instanceId: string | undefined
  readonly hasAdmin: boolean
}

/** The description as the gateway that answers is: its URL, its sandbox, and no admin API where it has none. */
export function describe (document: OpenApi, { url, instanceId, hasAdmin }: Live): OpenApi {
  const keep = (path: string): boolean => hasAdmin || !path.startsWith('/admin')
  const { InstanceId: id } = document.components.parameters as { InstanceId: Parameter }
  const known = instanceId === undefined ? id : { ...id, example: instanceId, schema: { ...id.schema, default: instanceId } }
  return {
    ...document,
    servers: [{ url }],
    tags: document.tags.filter(({ name }) => hasAdmin || !name.startsWith('Admin')),
    paths: Object.fromEntries(Object.entries(document.paths).filter(([path]) => keep(path))),
    components: { ...document.components, parameters: { ...document.components.parameters, InstanceId: known } }
  }
}
