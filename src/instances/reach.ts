import type { Upstream } from '../gateway/row.js'
import { askCore } from './ask-core.js'

/** What a look at a Core found. Milliseconds. */
export type Verdict =
  | { readonly verdict: 'ok', readonly message: string, readonly ms: number }
  | { readonly verdict: 'no_core_url' | 'not_reachable' | 'wrong_key' | 'not_a_core' | 'certificate_not_trusted', readonly message: string }

const LOOK_MS = 3_000

/** Codes of Node's TLS client for a chain that does not verify. */
export const CERTIFICATE = /^(CERT_|ERR_TLS_CERT|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_)/

function failure (error: unknown): Verdict {
  const code = String((error as { code?: unknown }).code ?? '')
  return CERTIFICATE.test(code)
    ? { verdict: 'certificate_not_trusted', message: `the Core's certificate is not trusted (${code}): set core_ca to the certificate authority that signed it` }
    : { verdict: 'not_reachable', message: `nothing that speaks HTTP answers at the Core URL (${code === '' ? 'timed out' : code}): check core_url, and that the Core is running${code.startsWith('ERR_SSL') || code === 'EPROTO' ? ' and speaks https' : ''}` }
}

/** Asks a Core for one ledger, as a caller of the proxy would, and says what is wrong in one sentence. */
export async function look (upstream: Upstream | undefined): Promise<Verdict> {
  if (upstream === undefined) return { verdict: 'no_core_url', message: 'this instance has no Core URL: set core_url' }
  const begun = performance.now()
  try {
    const { status, beginning } = await askCore(upstream, '/ledgers?limit=1', LOOK_MS)
    if (status === 401 || status === 403) return { verdict: 'wrong_key', message: upstream.key === undefined ? 'the Core asks for a key: set core_key' : 'the Core refuses the key: check core_key' }
    if (status !== 200 || !beginning.trimStart().startsWith('[')) return { verdict: 'not_a_core', message: `what answers at the Core URL is not a Core (GET /ledgers gave ${status}): check core_url and its base path` }
    return { verdict: 'ok', message: 'the Core answers', ms: Math.round(performance.now() - begun) }
  } catch (error) {
    return failure(error)
  }
}
