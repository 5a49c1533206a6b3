/** The app's settings: all of them are environment variables, and only this file reads them. */
export interface Config {
  readonly host: string
  readonly port: number
  /** Where browsers reach the app: portal_url begins with it. Without it, where it listens. */
  readonly publicUrl: string | undefined
  /** 32 bytes that encrypt the installs' API keys at rest. */
  readonly secret: Buffer
  readonly blnkUrl: string
  /** Answered once by the registration. Without it, requests to the callback and the portal are believed. */
  readonly signingSecret: string | undefined
  readonly stripeKey: string
  /** Where Stripe's API is taken from, in place of Stripe. */
  readonly stripeUrl: URL | undefined
  /** PGlite's directory; memory:// keeps nothing. */
  readonly dataDir: string
  /** Pages that may show the portal in a frame, besides Blnk Cloud's console. */
  readonly frameAncestors: readonly string[]
  readonly logLevel: string
}

/** @throws Error that names the setting */
export function readConfig (env: Readonly<Record<string, string | undefined>>): Config {
  const given = (name: string): string | undefined => env[name] === undefined || env[name] === '' ? undefined : env[name]
  const needed = (name: string, why: string): string => {
    const value = given(name)
    if (value === undefined) throw new Error(`${name} is not set: ${why}`)
    return value
  }
  const secret = needed('APP_SECRET', '64 hexadecimal digits, as openssl rand -hex 32 makes them')
  if (!/^[0-9a-f]{64}$/i.test(secret)) throw new Error('APP_SECRET must be 64 hexadecimal digits, as openssl rand -hex 32 makes them')
  const port = given('PORT') ?? '5002'
  if (!/^\d{1,5}$/.test(port)) throw new Error('PORT must be a port number; 0 takes a free one')
  const stripeUrl = given('STRIPE_URL')
  return {
    host: given('HOST') ?? '127.0.0.1',
    port: Number(port),
    publicUrl: given('PUBLIC_URL')?.replace(/\/$/, ''),
    secret: Buffer.from(secret, 'hex'),
    blnkUrl: (given('BLNK_BASE_URL') ?? 'https://api.cloud.blnkfinance.com').replace(/\/$/, ''),
    signingSecret: given('BLNK_SIGNING_SECRET'),
    stripeKey: needed('STRIPE_API_KEY', 'a secret or restricted key of the Stripe account, which can read payment intents, payouts and customers'),
    stripeUrl: stripeUrl === undefined ? undefined : new URL(stripeUrl),
    dataDir: given('DATA_DIR') ?? './.stripe-sync',
    frameAncestors: (given('FRAME_ANCESTORS') ?? '').split(/[\s,]+/).filter((one) => one !== ''),
    logLevel: given('LOG_LEVEL') ?? 'info'
  }
}
