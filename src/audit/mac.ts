import { createHmac, hkdfSync } from 'node:crypto'
import type { AuditRow } from './row.js'

/** The key of the macs, out of the key that seals secrets: whoever has the database alone has neither. */
export const macKey = (encryptionKey: Buffer): Buffer => Buffer.from(hkdfSync('sha256', encryptionKey, '', 'blnk-gateway audit log', 32))

/**
 * HMAC-SHA256 of a row with all that it says, its writer and its place, in hexadecimal. A changed row does not match it, and a
 * removed one leaves a gap in `seq`.
 */
export function macOf (key: Buffer, row: AuditRow): string {
  const { writer, seq, at, phase, act, actor_kind: kind, actor_id: id, actor_name: name, actor_prefix: prefix, actor_subject: subject } = row
  const { instance_id: instance, action, entity_kind: entityKind, entity_id: entity, outcome, status, reason, count, route, reference, request_id: request, address } = row
  const values = [writer, seq, at, phase, act, kind, id, name, prefix, subject, instance, action, entityKind, entity, outcome, status, reason, count, route, reference, request, address]
  return createHmac('sha256', key).update(JSON.stringify(values)).digest('hex')
}
