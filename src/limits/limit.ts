/** So many requests in a window of so many seconds. */
export interface Limit { readonly count: number, readonly seconds: number }

export const KINDS = ['credential', 'instance', 'failed_auth'] as const

export type Kind = typeof KINDS[number]

/** What is counted, by the setting that limits it. */
export const SETTING: Readonly<Record<Kind, { readonly env: string, readonly each: string }>> = {
  credential: { env: 'RATE_LIMIT_CREDENTIAL', each: 'each credential' },
  instance: { env: 'RATE_LIMIT_INSTANCE', each: 'each instance' },
  failed_auth: { env: 'RATE_LIMIT_FAILED_AUTH', each: 'each address whose credentials are refused' }
}

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 }

/** `600/1m`, `600/m`, `10/30s`: at most a day; undefined for text that is none. */
export function readLimit (text: string): Limit | undefined {
  const [, count, times, unit] = /^([1-9]\d{0,8})\/([1-9]\d{0,4})?([smhd])$/.exec(text) ?? []
  if (count === undefined || unit === undefined) return undefined
  const seconds = Number(times ?? 1) * (UNITS[unit] as number)
  return seconds <= 86_400 ? { count: Number(count), seconds } : undefined
}

/** What a start says of a limit: also what becomes of it when its store is gone. */
export function limitSentence (kind: Kind, { count, seconds }: Limit, { inRedis, failure }: { inRedis: boolean, failure: 'open' | 'closed' }): string {
  const { env, each } = SETTING[kind]
  const rule = `${env}: ${count} in ${seconds} s for ${each}`
  if (!inRedis) return `${rule}, counted in the memory of this process: every replica counts for itself, and a restart begins anew`
  const gone = failure === 'open' ? 'nothing is limited' : kind === 'failed_auth' ? 'they are answered 503' : 'requests are answered 503'
  return `${rule}, counted in Redis for all replicas; while it does not answer, ${gone} (RATE_LIMIT_STORE_FAILURE=${failure})`
}
