import type { Encodable } from './json/encode.js'

/** The members of a Postgres error that pg hands on. */
interface PostgresError { readonly code?: string, readonly severity?: string, readonly message: string, readonly detail?: string, readonly table?: string, readonly constraint?: string }

export const FOREIGN_KEY_VIOLATION = '23503'
export const UNIQUE_VIOLATION = '23505'

// Core answers the whole error of its Postgres 15, its schema and source lines included (recording balances, steps 4 and 5).
const SOURCES: Readonly<Record<string, readonly [file: string, line: string, routine: string]>> = {
  [FOREIGN_KEY_VIOLATION]: ['ri_triggers.c', '2596', 'ri_ReportViolation'],
  [UNIQUE_VIOLATION]: ['nbtinsert.c', '664', '_bt_check_unique']
}

export const sqlState = (error: unknown): string | undefined => (error as { code?: string }).code

export const constraintOf = (error: unknown): string => (error as { constraint?: string }).constraint ?? ''

/** A violated constraint as Core puts it into `details`. */
export function violationDetails (error: unknown): Encodable {
  const { code = '', severity = 'ERROR', message, detail = '', table = '', constraint = '' } = error as PostgresError
  const [file, line, routine] = SOURCES[code] ?? ['', '', '']
  return {
    Severity: severity,
    Code: code,
    Message: message,
    Detail: detail,
    Hint: '',
    Position: '',
    InternalPosition: '',
    InternalQuery: '',
    Where: '',
    Schema: 'blnk',
    Table: table,
    Column: '',
    DataTypeName: '',
    Constraint: constraint,
    File: file,
    Line: line,
    Routine: routine
  }
}
