import { GatewayError } from '../errors.js'
import type { Handler } from '../gateway/row.js'

/** The id of each name of the seed, which is the same in every sandbox that was begun from it. */
export const showSeed: Handler = async (_request, _reply, { rooms }) => {
  const { seeding, defaultSandbox } = rooms.opened
  const ids = defaultSandbox === null ? null : await seeding?.ids(defaultSandbox)
  if (ids == null) throw new GatewayError('SEED_NOT_FOUND')
  return ids
}
