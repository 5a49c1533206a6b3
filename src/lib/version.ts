import { createRequire } from 'node:module'

/** This package's, from its own package.json: its name leads there from the sources and from what is compiled. */
export const VERSION = (createRequire(import.meta.url)('blnk-gateway/package.json') as { version: string }).version
