import { randomBytes } from 'node:crypto'
import { inject } from 'vitest'
import { openDatabase, type Database } from '../../src/lib/postgres.js'

/** A pool on the run's Postgres, and a schema name that no other test has. The caller closes the pool. */
export function testDatabase (connections = 8): { db: Database, schema: string } {
  return { db: openDatabase(inject('postgres'), connections), schema: `test_${randomBytes(6).toString('hex')}` }
}
