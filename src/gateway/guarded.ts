import type { Logger } from 'pino'
import type { Observer, Watch } from './record.js'

type Call = (...given: never[]) => unknown

/**
 * An observer whose mistakes cost what it keeps, and nothing else: it is called between the bytes of requests and at
 * their ends, where nobody is left to catch what it throws. The first mistake is logged.
 */
export function guarded (observer: Observer, log: Logger): Observer {
  let said = false
  const failed = (error: unknown): void => {
    if (said) return
    said = true
    try {
      log.error({ err: error }, 'what follows requests has failed on one; the requests go on, and this is said once')
    } catch {
      // It may be the log itself.
    }
  }
  const safe = <T extends Call>(call: T | undefined): T | undefined => call === undefined
    ? undefined
    : ((...given) => {
        try {
          return call(...given)
        } catch (error) {
          failed(error)
          return undefined
        }
      }) as T
  const each = <T extends object>(target: T): T => Object.fromEntries(Object.entries(target).map(([name, call]) => [name, safe((call as Call).bind(target) as Call)])) as T
  const { watch, ...rest } = each(observer)
  return watch === undefined
    ? rest
    : {
        ...rest,
        watch (request) {
          const made: Watch | undefined = watch(request)
          return made === undefined ? undefined : each(made)
        }
      }
}
