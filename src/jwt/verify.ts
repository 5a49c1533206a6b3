import { errors, jwtVerify, type JWTVerifyGetKey, type JWTVerifyOptions, type JWTVerifyResult } from 'jose'
import type { Credential, Refusal } from '../auth/credentials.js'
import { GatewayError } from '../errors.js'
import { credentialOfClaims } from './claims.js'
import type { JwtSettings } from './settings.js'

/** RFC 9068 2.1, and what most issuers write; without one, as RFC 7519 5.1 has it. */
const TYPES = new Set<string | undefined>([undefined, 'jwt', 'at+jwt', 'application/at+jwt'])

// RFC 7519 4.1
const OF_CLAIM: Readonly<Record<string, Refusal>> = { iss: 'jwt_wrong_issuer', aud: 'jwt_wrong_audience', nbf: 'jwt_not_yet_valid' }

function refusalOf (error: unknown): Refusal {
  // Without keys it is nobody's fault who calls.
  if (error instanceof GatewayError) throw error
  if (error instanceof errors.JWTExpired) return 'expired'
  if (error instanceof errors.JWTClaimValidationFailed) return error.reason === 'missing' ? 'jwt_claim_missing' : OF_CLAIM[error.claim] ?? 'jwt_malformed'
  if (error instanceof errors.JOSEAlgNotAllowed) return 'jwt_algorithm_not_allowed'
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'jwt_bad_signature'
  if (error instanceof errors.JWKSNoMatchingKey) return 'jwt_unknown_key'
  // A key of the issuer's that cannot be used, such as RSA of less than 2048 bits, is no error of jose's.
  return error instanceof errors.JOSEError ? 'jwt_malformed' : 'jwt_unusable_key'
}

/** A set whose keys have no `kid` may have several that fit. */
async function verified (token: string, key: JWTVerifyGetKey, options: JWTVerifyOptions): Promise<JWTVerifyResult> {
  try {
    return await jwtVerify(token, key, options)
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error
    for await (const one of error) {
      try {
        return await jwtVerify(token, one, options)
      } catch (each) {
        // One that cannot be used is no error of jose's, and hinders none of the others.
        if (each instanceof errors.JOSEError && !(each instanceof errors.JWSSignatureVerificationFailed)) throw each
      }
    }
    throw new errors.JWSSignatureVerificationFailed()
  }
}

/**
 * Checks a token's signature and its claims `iss`, `aud`, `exp`, `nbf`, `sub`. Keys that it brings along or points to
 * (`jwk`, `jku`, `x5c`, `x5u`) are not looked at.
 * @param now milliseconds since 1970
 * @throws GatewayError AUTH_KEYS_UNAVAILABLE
 */
export async function verifyJwt (token: string, { key, settings, now }: { key: JWTVerifyGetKey, settings: JwtSettings, now: number }): Promise<Credential | Refusal> {
  try {
    const { payload, protectedHeader } = await verified(token, key, {
      issuer: settings.jwtIssuer as string,
      audience: [...settings.jwtAudience],
      algorithms: [...settings.jwtAlgorithms],
      clockTolerance: settings.jwtClockSkew,
      requiredClaims: ['exp', 'sub'],
      currentDate: new Date(now)
    })
    const type = protectedHeader.typ === undefined ? undefined : String(protectedHeader.typ).toLowerCase()
    // RFC 9068 4, and 5: an ID token says who has signed in, to a client; at_hash and c_hash are in such tokens alone
    // (OpenID Connect Core 3.1.3.6, 3.3.2.11).
    if (!TYPES.has(type) || 'at_hash' in payload || 'c_hash' in payload) return 'jwt_wrong_type'
    return credentialOfClaims(payload, settings) ?? 'jwt_malformed'
  } catch (error) {
    return refusalOf(error)
  }
}
