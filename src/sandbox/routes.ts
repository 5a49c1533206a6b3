import type { Row } from './call.js'

/** Core's API, in the order of its own router. */
export const rows: readonly Row[] = []
