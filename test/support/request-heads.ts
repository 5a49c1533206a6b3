import { readFileSync } from 'node:fs'
import { INSTANCE, KEY } from './proxy.js'

export type Tier = 'Compliant' | 'Acceptable' | 'Ambiguous' | 'Severe'

interface Head { readonly name: string, readonly tier: Tier, readonly head_base64: string }

/** aws/http-desync-guardian (Apache-2.0): request heads, each with a verdict. */
export const heads = (JSON.parse(readFileSync(new URL('../gateway/corpora/request-heads.json', import.meta.url), 'utf8')) as Head[])
  .map(({ name, tier, head_base64: base64 }) => [name, tier, Buffer.from(base64, 'base64').toString('latin1')] as const)

/** What stands behind a request in the hope that somebody takes it for one of its own. */
export const SMUGGLED = 'GET /proxy/ledgers/smuggled?instance_id=inst_1 HTTP/1.1\r\nHost: gateway.test\r\n\r\n'

/** The head sent to a route that is forwarded, with a credential as its last field; all else as it is. */
export function admitted (head: string): string {
  const target = `/proxy/ledgers/led_1?instance_id=${INSTANCE}`
  const line = head.startsWith('POST ') ? target.replace('/led_1', '') : target
  return head
    .replace(/^([A-Z]+ )(?:\/foo\/bar|\/test\.html)(?=[ \t\\\0])/, (_all, method: string) => `${method}${line}`)
    .replace(/\r\n\r\n$/, `\r\nAuthorization: Bearer ${KEY}\r\n\r\n`)
}
