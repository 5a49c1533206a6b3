import { webcrypto } from 'node:crypto'
import { createRequire } from 'node:module'
import { isIP } from 'node:net'

const { subtle } = webcrypto

/** PEM texts; the key is PKCS #8. */
export interface Certified { readonly cert: string, readonly key: string }

/** What signs leaves; `certificate` and `keys` are for makeLeaf. */
export interface Authority extends Certified {
  readonly certificate: import('@peculiar/x509').X509Certificate
  readonly keys: webcrypto.CryptoKeyPair
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const

/** A client whose clock is behind takes it too. */
const BEFORE_MS = 24 * 3_600_000

/** Days: no longer is taken by Apple's clients (https://support.apple.com/en-us/103769). */
export const MOST_DAYS = 825

let loaded: typeof import('@peculiar/x509') | undefined

/**
 * The package is loaded at its first use. tsyringe behind it does not load without three functions of the metadata
 * proposal, by which it finds what constructors ask for; here none asks for anything. They are there while it loads
 * and gone afterwards, since a program that brings the real ones would keep these.
 */
function x509 (): typeof import('@peculiar/x509') {
  if (loaded !== undefined) return loaded
  const missing = ['getMetadata', 'getOwnMetadata', 'defineMetadata'].filter((name) => !(name in Reflect))
  for (const name of missing) Object.defineProperty(Reflect, name, { value: () => undefined, configurable: true })
  try {
    loaded = createRequire(import.meta.url)('@peculiar/x509') as typeof import('@peculiar/x509')
  } finally {
    for (const name of missing) Reflect.deleteProperty(Reflect, name)
  }
  return loaded
}

const newKeys = async (): Promise<webcrypto.CryptoKeyPair> => await subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])

async function pemOfKey (key: webcrypto.CryptoKey): Promise<string> {
  return x509().PemConverter.encode(await subtle.exportKey('pkcs8', key), 'PRIVATE KEY') + '\n'
}

const validity = (days: number): { notBefore: Date, notAfter: Date } => {
  const notBefore = new Date(Date.now() - BEFORE_MS)
  return { notBefore, notAfter: new Date(notBefore.getTime() + days * 24 * 3_600_000) }
}

/** OID of the name constraints, RFC 5280 4.2.1.10. */
const NAME_CONSTRAINTS = '2.5.29.30'

/** One DER value of less than 128 bytes (X.690 8.1.3.4). */
const der = (tag: number, ...parts: readonly Uint8Array[]): Buffer => Buffer.concat([Buffer.from([tag, parts.reduce((sum, part) => sum + part.length, 0)]), ...parts])

/** NameConstraints of RFC 5280 4.2.1.10: this host name and those below it, and no address of either family. */
function onlyHost (host: string): Buffer {
  const subtree = (tag: number, name: Uint8Array): Buffer => der(0x30, der(tag, name))
  const [dnsName, ipAddress] = [0x82, 0x87]
  return der(0x30, der(0xa0, subtree(dnsName, Buffer.from(host))), der(0xa1, subtree(ipAddress, Buffer.alloc(8)), subtree(ipAddress, Buffer.alloc(32))))
}

/**
 * @param name the common name, of at most 64 characters
 * @param host the only host name that its leaves may have, of at most 60 characters; without it they may have any
 */
export async function makeAuthority (name: string, days: number = MOST_DAYS, host?: string): Promise<Authority> {
  const { Extension, X509CertificateGenerator, BasicConstraintsExtension, KeyUsagesExtension, KeyUsageFlags, SubjectKeyIdentifierExtension } = x509()
  const keys = await newKeys()
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: [{ CN: [name] }],
    ...validity(days),
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      ...(host === undefined ? [] : [new Extension(NAME_CONSTRAINTS, true, onlyHost(host))])
    ]
  })
  return { cert: certificate.toString('pem') + '\n', key: await pemOfKey(keys.privateKey), certificate, keys }
}

/**
 * A server's certificate, signed by an authority.
 * @param names host names and IP addresses (v6 without brackets)
 */
export async function makeLeaf (authority: Authority, names: readonly string[], days: number = MOST_DAYS): Promise<Certified> {
  const { X509CertificateGenerator, AuthorityKeyIdentifierExtension, BasicConstraintsExtension, ExtendedKeyUsage, ExtendedKeyUsageExtension, KeyUsagesExtension, KeyUsageFlags, SubjectAlternativeNameExtension, SubjectKeyIdentifierExtension } = x509()
  const keys = await newKeys()
  const certificate = await X509CertificateGenerator.create({
    // What clients go by are the alternative names (RFC 9110 4.3.4); the longest common name has 64 characters.
    subject: [{ CN: [names.find((name) => name.length <= 64) ?? 'server'] }],
    issuer: authority.certificate.subject,
    ...validity(days),
    publicKey: keys.publicKey,
    signingKey: authority.keys.privateKey,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension(names.map((value) => ({ type: isIP(value) === 0 ? 'dns' : 'ip', value }))),
      await AuthorityKeyIdentifierExtension.create(authority.keys.publicKey),
      await SubjectKeyIdentifierExtension.create(keys.publicKey)
    ]
  })
  return { cert: certificate.toString('pem') + '\n', key: await pemOfKey(keys.privateKey) }
}
