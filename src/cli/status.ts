import type { Verdict } from '../instances/reach.js'
import { admin, type Where } from './admin.js'
import { table } from './table.js'
import { jsonText } from './json-text.js'

interface Health { readonly status: string, readonly database?: string, readonly sandbox?: string }

/** Exit code 1 when the gateway is not ready. */
export async function status (options: Where & { json?: boolean }): Promise<void> {
  const health = await admin<Health>(options, 'GET', '/health/ready')
  const { data } = health.status === 'UP'
    ? await admin<{ data: Array<{ instance_id: string, name: string, kind: string, reachability: Verdict }> }>(options, 'GET', '/admin/instances')
    : { data: [] }
  if (health.status !== 'UP') process.exitCode = 1
  if (options.json === true) {
    process.stdout.write(`${jsonText({ ...health, instances: data })}\n`)
    return
  }
  const parts = [['gateway', health.status], ['database', health.database ?? 'DOWN'], ['sandbox', health.sandbox ?? 'DOWN']]
  process.stdout.write(`${table(['PART', 'STATE'], parts)}\n\n`)
  process.stdout.write(`${table(['INSTANCE', 'NAME', 'KIND', 'STATE'], data.map((one) => [one.instance_id, one.name, one.kind, one.reachability.message]))}\n`)
}
