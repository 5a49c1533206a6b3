import { readFileSync } from 'node:fs'

/** A route of Blnk Cloud: documented, or `inferred`: offered though its page does not have it. */
export interface CloudRoute {
  readonly api: string
  readonly method: string
  /** `/alerts/{alert_id}` */
  readonly path: string
  /** One is enough; none for a public route. */
  readonly scopes: readonly string[]
  /** The specification's section. */
  readonly source: string
  readonly inferred?: boolean
}

export const cloudRoutes = JSON.parse(readFileSync(new URL('cloud-routes.json', import.meta.url), 'utf8')) as readonly CloudRoute[]
