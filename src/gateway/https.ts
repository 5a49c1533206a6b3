import { createPrivateKey, X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createSecureContext, type SecureContextOptions, type Server } from 'node:tls'
import type { Logger } from 'pino'
import { SettingError, type Config } from '../config.js'
import { makeAuthority, makeLeaf, type Certified } from '../lib/certificates.js'
import { readSecret, writeSecret } from '../store/secrets.js'

/** What the listeners present. */
export interface Https {
  /** The file of the certificate's authority, for clients to trust; null where the certificate is the operator's. */
  readonly ca: string | null
  /** The file with the certificate itself; null where it is in memory alone. */
  readonly certificate: string | null
  /** Gives a listener the certificate, and what it is renewed to. */
  serve (server: Server): void
  /** Reads TLS_CERT and TLS_KEY again; what cannot be used is logged, and the last good one stays. */
  reload (): void
  close (): void
}

/** Milliseconds between two looks at the files: a renewal comes days before the end. */
const LOOK_MS = 60_000

/** A certificate of our own that ends sooner than in so many days is made anew at the start. */
const LEAST_DAYS = 30

const DAY_MS = 24 * 3_600_000

export const isHttps = (config: Config): boolean => config.tlsCert !== undefined || config.tls === 'self-signed'

/** @throws SettingError */
export async function openHttps (config: Config, dataDir: string | null, log: Logger): Promise<Https | undefined> {
  if (config.tlsCert !== undefined) return fromFiles({ cert: config.tlsCert, key: config.tlsKey as string }, log)
  return config.tls === 'self-signed' ? await ofOurOwn(config.host, dataDir) : undefined
}

/** RFC 9325 3.1.1: nothing before TLS 1.2. */
const contextOf = ({ cert, key }: Certified): SecureContextOptions => ({ cert, key, minVersion: 'TLSv1.2' })

function readFileOf (setting: string, path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new SettingError(`${setting} ${path} cannot be read (${(error as NodeJS.ErrnoException).code})`, { cause: error })
  }
}

function attempt <T> (act: () => T, sentence: string): T {
  try {
    return act()
  } catch (error) {
    throw new SettingError(sentence, { cause: error })
  }
}

/** @throws SettingError with the setting and the file */
function readPair (files: Certified): Certified {
  const cert = readFileOf('TLS_CERT', files.cert)
  const key = readFileOf('TLS_KEY', files.key)
  const leaf = attempt(() => new X509Certificate(cert), `TLS_CERT ${files.cert} is not a certificate in PEM`)
  const own = attempt(() => createPrivateKey(key), `TLS_KEY ${files.key} is not a private key in PEM without a passphrase`)
  if (!leaf.checkPrivateKey(own)) throw new SettingError(`TLS_KEY ${files.key} is not the key of the first certificate in TLS_CERT ${files.cert}`)
  attempt(() => createSecureContext(contextOf({ cert, key })), `TLS_CERT ${files.cert} and TLS_KEY ${files.key} cannot be served together`)
  return { cert, key }
}

/** Changes when the file does. It may be missing, or out of reach, in the middle of a renewal. */
function stamp (path: string): string {
  try {
    const { ino, size, mtimeMs } = statSync(path)
    return `${ino} ${size} ${mtimeMs}`
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code)
  }
}

function fromFiles (files: Certified, log: Logger): Https {
  const look = (): string => stamp(files.cert) + stamp(files.key)
  const servers: Server[] = []
  let seen = look()
  let pair = readPair(files)
  const tellEnd = (): void => {
    const { validTo } = new X509Certificate(pair.cert)
    const isOver = Date.parse(validTo) < Date.now()
    log[isOver ? 'warn' : 'info'](`the certificate of TLS_CERT ${isOver ? 'has ended on' : 'is valid until'} ${validTo}`)
  }
  tellEnd()
  const reload = (): void => {
    const now = look()
    try {
      pair = readPair(files)
      for (const server of servers) server.setSecureContext(contextOf(pair))
      seen = now
      tellEnd()
    } catch (error) {
      log.error(`the certificate stays as it was: ${(error as Error).message}`)
    }
  }
  // Watching files misses those that are replaced by a link, as orchestrators do it.
  const timer = setInterval(() => { if (look() !== seen) reload() }, LOOK_MS).unref()
  return {
    ca: null,
    certificate: resolve(files.cert),
    serve (server) {
      servers.push(server)
      server.setSecureContext(contextOf(pair))
    },
    reload,
    close () { clearInterval(timer) }
  }
}

/** What a machine calls itself, and HOST where that is an address or a name. */
const namesFor = (host: string): string[] => [...new Set(['localhost', '127.0.0.1', '::1', host])].filter((name) => !['0.0.0.0', '::'].includes(name))

function isGood ({ cert, key }: Certified, ca: string, names: readonly string[]): boolean {
  try {
    const [leaf, authority] = [new X509Certificate(cert), new X509Certificate(ca)]
    const covers = (name: string): boolean => (isIP(name) === 0 ? leaf.checkHost(name) : leaf.checkIP(name)) !== undefined
    return leaf.checkPrivateKey(createPrivateKey(key)) && leaf.verify(authority.publicKey) && names.every(covers) && Date.parse(leaf.validTo) > Date.now() + LEAST_DAYS * DAY_MS
  } catch {
    return false
  }
}

/**
 * A certificate for this machine, signed by an authority whose key is forgotten at once: who trusts the authority trusts
 * nothing but this certificate. Kept in the data directory, so that trust outlasts a restart.
 */
async function ofOurOwn (host: string, dataDir: string | null): Promise<Https> {
  const names = namesFor(host)
  const [cert, key, ca] = ['tls-cert.pem', 'tls-key.pem', 'tls-ca.pem'].map((name) => dataDir === null ? null : readSecret(dataDir, name)) as [string | null, string | null, string | null]
  const kept = cert !== null && key !== null && ca !== null && isGood({ cert, key }, ca, names) ? { cert, key, ca } : undefined
  const made = kept ?? await makeOwn(names)
  const folder = dataDir ?? mkdtempSync(join(tmpdir(), 'blnk-gateway-tls-'))
  const path = join(folder, 'tls-ca.pem')
  if (dataDir === null) writeFileSync(path, made.ca, { mode: 0o600 })
  else if (kept === undefined) for (const [name, text] of Object.entries(made)) writeSecret(dataDir, `tls-${name}.pem`, text.trimEnd())
  return {
    ca: path,
    certificate: dataDir === null ? null : join(dataDir, 'tls-cert.pem'),
    serve (server) { server.setSecureContext(contextOf(made)) },
    reload () {},
    close () { if (dataDir === null) rmSync(folder, { recursive: true, force: true }) }
  }
}

async function makeOwn (names: readonly string[]): Promise<Certified & { readonly ca: string }> {
  const authority = await makeAuthority('blnk-gateway on this machine')
  return { ...await makeLeaf(authority, names), ca: authority.cert }
}
