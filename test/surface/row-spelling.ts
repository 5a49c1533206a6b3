import type { Row } from '../../src/gateway/row.js'

/** A row's path as OpenAPI writes it. */
export const specPath = (row: Row): string => row.path.replace(/:(\w+)/g, '{$1}')

/** The scopes of which a caller needs one; none for public and admin rows. */
export const scopesOf = (row: Row): string[] =>
  row.scope === 'public' || row.scope === 'admin' ? [] : typeof row.scope === 'string' ? [row.scope] : [...row.scope]
