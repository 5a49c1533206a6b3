import { encodeString } from '../json/encode.js'
import { interfaceText, lastMembers } from '../json/metadata.js'
import { parseJson } from '../../lib/json/parse.js'

/** Core's order of a Transaction's members (spec/09 6.5). */
const TRANSACTION_ORDER = [
  'precise_amount', 'amount', 'amount_string', 'precision', 'overdraft_limit', 'transaction_id', 'parent_transaction', 'source', 'destination', 'reference', 'currency',
  'description', 'status', 'hash', 'allow_overdraft', 'inflight', 'skip_queue', 'atomic', 'created_at', 'effective_date', 'scheduled_for', 'inflight_expiry_date',
  'inflight_commit_date', 'meta_data'
]

/**
 * The body of a webhook. Core decodes and encodes what it tells of once more, so its members are sorted and its numbers
 * are float64s: one of more than 53 bits loses digits (spec/09 15).
 * @param data JSON
 */
export const webhookBody = (event: string, data: string): string => `{"event":${encodeString(event)},"data":${interfaceText(parseJson(Buffer.from(data)))}}`

/** The body of a hook's call: the transaction in the order of its members, and its minor units in full. */
export function hookBody (type: string, timestamp: string, data: string): string {
  const members = lastMembers(parseJson(Buffer.from(data)))
  const transaction = TRANSACTION_ORDER.flatMap((name) => {
    const node = members.get(name)
    return node === undefined ? [] : [`"${name}":${name === 'precise_amount' ? node.text : interfaceText(node)}`]
  })
  const id = members.get('transaction_id')?.text ?? ''
  return `{"transaction_id":${encodeString(id)},"hook_type":${encodeString(type)},"timestamp":${encodeString(timestamp)},"data":{${transaction.join(',')}}}`
}

const isBare = (value: unknown): boolean => value === null || typeof value !== 'object' || Array.isArray(value)

/**
 * Whether an answer says that a hook's call went well: nothing with 2xx, or any text below 400, but JSON that reads as
 * Core's HookResponse only with a true `success` (spec/09 15, hook call).
 */
export function hookSucceeded (status: number, body: string): boolean {
  if (body === '') return status >= 200 && status < 300
  let answer: unknown
  try {
    answer = JSON.parse(body)
  } catch {
    return status < 400
  }
  if (answer === null) return false
  const { success = false, message = '' } = (isBare(answer) ? { success: 'none' } : answer) as { success?: unknown, message?: unknown }
  return typeof success === 'boolean' && typeof message === 'string' ? success : status < 400
}
