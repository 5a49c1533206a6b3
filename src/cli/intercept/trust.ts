import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import tls from 'node:tls'

type Environment = Readonly<Record<string, string | undefined>>

/** Where systems keep what they trust (https://go.dev/src/crypto/x509/root_linux.go, root_bsd.go); the last is also macOS's. */
const SYSTEM_BUNDLES = ['/etc/ssl/certs/ca-certificates.crt', '/etc/pki/tls/certs/ca-bundle.crt', '/etc/ssl/ca-bundle.pem', '/etc/pki/tls/cacert.pem', '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem', '/etc/ssl/cert.pem']

/**
 * By variable: which ones, in order, say what its readers trusted until now. Each names a file that replaces what its
 * readers trust by themselves. requests falls back to curl's, curl to OpenSSL's
 * (https://requests.readthedocs.io/en/latest/user/advanced/#ssl-cert-verification, https://curl.se/docs/sslcerts.html).
 */
const REPLACING: Readonly<Record<string, readonly string[]>> = {
  SSL_CERT_FILE: ['SSL_CERT_FILE'],
  REQUESTS_CA_BUNDLE: ['REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE'],
  CURL_CA_BUNDLE: ['CURL_CA_BUNDLE', 'SSL_CERT_FILE']
}

/** Node's adds to what Node trusts by itself (https://nodejs.org/api/cli.html#node_extra_ca_certsfile). */
const ADDING = 'NODE_EXTRA_CA_CERTS'

/**
 * Writes a file of certificates for each variable by which programs are told what to trust: the authority, and all that
 * they trusted before, so that every other host is as it was.
 * @param cert PEM
 * @returns the variables, with the files' paths
 */
export function writeTrust (folder: string, cert: string, environment: Environment): Record<string, string> {
  const variables: Record<string, string> = {}
  const write = (name: string, before: string): void => {
    variables[name] = join(folder, `${name}.pem`)
    writeFileSync(variables[name], `${before.trimEnd()}\n${cert}`)
  }
  for (const [name, before] of Object.entries(REPLACING)) {
    const found = before.map((each) => certificatesAt(environment[each])).find((text) => text !== undefined)
    write(name, found ?? standard())
  }
  write(ADDING, certificatesAt(environment[ADDING]) ?? '')
  return variables
}

/** Of a file, or of a directory, which REQUESTS_CA_BUNDLE may name too; undefined where there are none. */
function certificatesAt (path: string | undefined): string | undefined {
  if (path === undefined || path === '') return undefined
  try {
    const files = statSync(path).isDirectory() ? readdirSync(path).map((name) => join(path, name)).filter((each) => statSync(each).isFile()) : [path]
    return files.map((file) => readFileSync(file, 'utf8')).filter((text) => text.includes('-----BEGIN')).join('\n')
  } catch {
    // What cannot be read was trusted by nobody.
    return undefined
  }
}

/** What the system and Node trust, each certificate once. */
function standard (): string {
  // Of Node 22.15 and newer.
  const { getCACertificates } = tls as { getCACertificates?: (type: 'system') => string[] }
  const system = SYSTEM_BUNDLES.map(certificatesAt).find((text) => text !== undefined) ?? ''
  const all = [...(system.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []), ...(getCACertificates?.('system') ?? []), ...tls.rootCertificates]
  return [...new Set(all.map((each) => each.trim()))].join('\n')
}
