import type { Upstream } from '../gateway/row.js'
import type { Seed, SeedRecord } from './seed.js'
import { SeedError } from './text.js'
import { encodeJson, KINDS, type Ids, type Kind } from './value.js'

const ID: Readonly<Record<Kind, string>> = { ledgers: 'ledger_id', identities: 'identity_id', balances: 'balance_id', transactions: 'transaction_id' }

async function send ({ dispatcher, origin, basePath, key }: Upstream, path: string, body?: string): Promise<{ status: number, text: string }> {
  const answer = await dispatcher.request({
    origin,
    path: basePath + path,
    method: body === undefined ? 'GET' : 'POST',
    headers: { 'Content-Type': 'application/json', ...(key === undefined ? {} : { 'X-Blnk-Key': key }) },
    body: body ?? null
  })
  return { status: answer.statusCode, text: await answer.body.text() }
}

/** Core's own sentence, in whichever of its shapes. */
function sentence (text: string): string {
  try {
    const { error, errors } = JSON.parse(text) as { error?: unknown, errors?: unknown }
    const said = error ?? errors
    return typeof said === 'string' ? said : JSON.stringify(said ?? text)
  } catch {
    return text
  }
}

async function make (record: SeedRecord, ids: Ids, { upstream, seed }: { upstream: Upstream, seed: Seed }): Promise<string> {
  const { status, text } = await send(upstream, `/${record.kind}`, encodeJson(record.body, ids))
  if (status !== 201) throw new SeedError(`${seed.place(record.path)}: the Core refuses it (${status}): ${sentence(text)}`)
  // Amounts in the answer become JavaScript numbers here and go no further.
  return (JSON.parse(text) as Record<string, string>)[ID[record.kind]] as string
}

/**
 * Makes what a seed holds by requests to the Core, one after the other as they build on each other.
 * @param before called ahead of each, with a text that tells it from all others
 * @throws SeedError with the place and Core's sentence
 */
export async function applySeed (seed: Seed, upstream: Upstream, before: (record: string) => Promise<void>): Promise<Ids> {
  const ids = Object.fromEntries(KINDS.map((kind) => [kind, Object.create(null)])) as Record<Kind, Record<string, string>>
  for (const record of seed.records) {
    await before(`${record.kind}/${record.name}`)
    ids[record.kind][record.name] = await make(record, ids, { upstream, seed })
  }
  return ids
}

/** Whether a Core holds nothing yet but what it began with: the General Ledger. */
export async function isEmpty (upstream: Upstream): Promise<boolean> {
  for (const [path, most] of [['/ledgers?limit=2', 1], ['/balances?limit=1', 0], ['/identities', 0]] as const) {
    const { status, text } = await send(upstream, path)
    const found = status === 200 ? JSON.parse(text) as unknown[] | null : undefined
    if (found === undefined || (found ?? []).length > most) return false
  }
  return true
}
