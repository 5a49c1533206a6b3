import type { Row } from '../call.js'
import { commitMany, voidMany } from './bulk-holds.js'
import { createMany } from './bulk.js'
import { createTransaction } from './create.js'
import { updateInflight } from './holds.js'
import { filterTransactions, getTransaction, getTransactionByReference, listTransactions } from './read.js'
import { recover } from './recover.js'
import { refund } from './refund.js'

export const transactionRows: readonly Row[] = [
  { method: 'POST', path: '/transactions', handler: createTransaction },
  { method: 'POST', path: '/transactions/bulk', handler: createMany },
  { method: 'POST', path: '/refund-transaction/:id', handler: refund },
  { method: 'GET', path: '/transactions', handler: listTransactions },
  { method: 'POST', path: '/transactions/filter', handler: filterTransactions },
  { method: 'GET', path: '/transactions/:id', handler: getTransaction },
  { method: 'GET', path: '/transactions/reference/:reference', handler: getTransactionByReference },
  { method: 'PUT', path: '/transactions/inflight/:txID', handler: updateInflight },
  { method: 'POST', path: '/transactions/inflight/bulk/commit', handler: commitMany },
  { method: 'POST', path: '/transactions/inflight/bulk/void', handler: voidMany },
  { method: 'POST', path: '/transactions/recover', handler: recover }
]
