import type { Handler } from '../call.js'
import { CoreError } from '../errors.js'
import { encodeJson } from '../json/encode.js'
import { DurationError, durationText, parseDuration } from './duration.js'
import { callLedger } from './store.js'

const LEAST = 2n * 60n * 1_000_000_000n

/** POST /transactions/recover?threshold=5m: what is queued for longer without a result is queued again (spec/09 6.11). */
export const recover: Handler = async (ledger, { query }) => {
  const threshold = thresholdOf(query.get('threshold') ?? '')
  const effective = threshold < LEAST ? LEAST : threshold
  const recovered = await callLedger<number>(ledger, 'recover_queued($1::timestamp - make_interval(secs => $2::numeric / 1000000000), $1::timestamp)', [ledger.clock.now().json, String(effective)])
  ledger.wake()
  return { status: 200, body: encodeJson({ recovered, threshold: durationText(threshold) }) }
}

function thresholdOf (text: string): bigint {
  if (text === '') return LEAST
  try {
    return parseDuration(text)
  } catch (error) {
    if (error instanceof DurationError) throw new CoreError(400, 'GEN_VALIDATION_ERROR', `invalid threshold duration: ${error.message}`)
    throw error
  }
}
