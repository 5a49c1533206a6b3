// What bench/proxy.mjs and bench/builds.mjs send, and how samples are told.

/** A transaction as callers send it, without the two members that the gateway fills. */
const transaction = JSON.stringify({
  precise_amount: 750000,
  currency: 'USD',
  source: '@World-USD',
  destination: 'bln_0be360ca-86fe-457d-be43-daa3f966d8f0',
  description: 'Salary for March',
  allow_overdraft: true,
  meta_data: { sender_name: 'John Doe', sender_internal_id: '563502', note: 'x'.repeat(120) }
})

export const METHODS = [
  { method: 'GET', path: '/ledgers/ldg_1' },
  { method: 'POST', path: '/transactions', body: transaction, headers: { 'Content-Type': 'application/json' } }
]

export const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)]
export const spread = (numbers) => `${median(numbers).toFixed(2)} (${Math.min(...numbers).toFixed(2)}-${Math.max(...numbers).toFixed(2)})`
