import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK, type JWTPayload } from 'jose'
import { onTestFinished } from 'vitest'
import { readConfig } from '../../src/config.js'
import type { JwtSettings } from '../../src/jwt/settings.js'

export const AUDIENCE = 'ledger'

export interface Pair { readonly kid: string, readonly alg: string, readonly privateKey: CryptoKey, readonly publicKey: CryptoKey, readonly jwk: JWK }

export async function makePair (kid: string, alg = 'ES256'): Promise<Pair> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  return { kid, alg, privateKey, publicKey, jwk: { ...await exportJWK(publicKey), kid, alg, use: 'sig' } }
}

/** A token that is right; `claims` and `header` change it, and undefined takes one out. */
export async function sign (pair: Pair, issuer: string, { claims = {}, header = {} }: { claims?: JWTPayload, header?: Record<string, unknown> } = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  const payload = { iss: issuer, aud: AUDIENCE, sub: 'user-1', scope: 'openid proxy:read', exp: now + 600, ...claims }
  const kept = Object.fromEntries(Object.entries(payload).filter(([, value]) => value !== undefined))
  return await new SignJWT(kept).setProtectedHeader({ alg: pair.alg, kid: pair.kid, typ: 'at+jwt', ...header } as { alg: string }).sign(pair.privateKey)
}

export interface Issuer {
  readonly url: string
  /** How often each path was asked for. */
  readonly asked: Map<string, number>
  /** What the key set is; `answer` takes its place. */
  keys: readonly JWK[]
  answer: RequestListener | undefined
}

/** An issuer on a port of its own, with a discovery document. */
export async function startIssuer (...pairs: readonly Pair[]): Promise<Issuer> {
  const issuer: { -readonly [K in keyof Issuer]: Issuer[K] } = { url: '', asked: new Map(), keys: pairs.map(({ jwk }) => jwk), answer: undefined }
  const server = createServer((request, response) => {
    const path = request.url as string
    issuer.asked.set(path, (issuer.asked.get(path) ?? 0) + 1)
    if (path === '/.well-known/openid-configuration') response.end(JSON.stringify({ issuer: issuer.url, jwks_uri: `${issuer.url}/keys` }))
    else if (issuer.answer !== undefined) issuer.answer(request, response)
    else response.end(JSON.stringify({ keys: issuer.keys }))
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  issuer.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => { server.close(resolve) })
  })
  return issuer
}

/** Settings as they are read for an issuer. */
export const settingsFor = (issuer: string, more: Readonly<Record<string, string>> = {}): JwtSettings => readConfig({ JWT_ISSUER: issuer, JWT_AUDIENCE: AUDIENCE, ...more })
