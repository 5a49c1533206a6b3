import type { Encodable } from './json/encode.js'

/**
 * A refusal as Core words it (spec/09 2). `key` is the member that carries the sentence: validation endpoints use
 * `errors`, and since Core sorts the keys there, `error_detail` then comes first. `value` stands in that member
 * instead of the sentence where Core puts a list there.
 */
export class CoreError extends Error {
  constructor (
    readonly status: number,
    readonly code: string,
    message: string,
    readonly extra: { readonly key?: 'error' | 'errors', readonly value?: Encodable, readonly details?: unknown, readonly contentType?: string } = {}
  ) { super(message) }
}
