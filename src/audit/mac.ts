import { createHmac, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto'
import { COLUMNS, type AuditRow } from './row.js'

/** The key of the macs, out of the key that seals secrets: whoever has the database alone has neither. */
export const macKey = (encryptionKey: Buffer): KeyObject => createSecretKey(Buffer.from(hkdfSync('sha256', encryptionKey, '', 'blnk-gateway audit log', 32)))

const macOfText = (key: KeyObject, text: string): string => createHmac('sha256', key).update(text).digest('hex')

/**
 * HMAC-SHA256 of a row with all that it says, its writer and its place, in hexadecimal. A changed row does not match it, and a
 * removed one leaves a gap in `seq`.
 */
export const macOf = (key: KeyObject, row: AuditRow): string => macOfText(key, JSON.stringify(COLUMNS.map((name) => row[name])))

/** @param text a row's values as JSON. @returns the same with the mac as its last value */
export const sealed = (key: KeyObject, text: string): string => `${text.slice(0, -1)},"${macOfText(key, text)}"]`
