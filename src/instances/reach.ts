import type { Dispatcher } from 'undici'
import type { Upstream } from '../gateway/row.js'

/** What a look at a Core found. Milliseconds. */
export type Verdict =
  | { readonly verdict: 'ok', readonly message: string, readonly ms: number }
  | { readonly verdict: 'no_core_url' | 'not_reachable' | 'wrong_key' | 'not_a_core' | 'certificate_not_trusted', readonly message: string }

const LOOK_MS = 3_000

/** Characters of an answer that tell a Core from something else; the rest is not read, however long it is. */
const ENOUGH = 1_024

async function beginning (body: Dispatcher.ResponseData['body']): Promise<string> {
  let text = ''
  for await (const chunk of body as AsyncIterable<Buffer>) {
    text += chunk.toString('latin1')
    if (text.length >= ENOUGH) break
  }
  return text
}

/** Codes of Node's TLS client for a chain that does not verify. */
export const CERTIFICATE = /^(CERT_|ERR_TLS_CERT|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_)/

async function get (upstream: Upstream, path: string, key: string | undefined): Promise<{ status: number, body: string }> {
  const headers = key === undefined ? {} : { 'X-Blnk-Key': key }
  const answer: Dispatcher.ResponseData = await upstream.dispatcher.request({
    origin: upstream.origin, path: upstream.basePath + path, method: 'GET', headers, signal: AbortSignal.timeout(LOOK_MS)
  })
  return { status: answer.statusCode, body: await beginning(answer.body) }
}

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
    const { status, body } = await get(upstream, '/ledgers?limit=1', upstream.key)
    if (status === 401 || status === 403) return { verdict: 'wrong_key', message: upstream.key === undefined ? 'the Core asks for a key: set core_key' : 'the Core refuses the key: check core_key' }
    if (status !== 200 || !body.trimStart().startsWith('[')) return { verdict: 'not_a_core', message: `what answers at the Core URL is not a Core (GET /ledgers gave ${status}): check core_url and its base path` }
    return { verdict: 'ok', message: 'the Core answers', ms: Math.round(performance.now() - begun) }
  } catch (error) {
    return failure(error)
  }
}
