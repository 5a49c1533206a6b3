import { CoreError } from './errors.js'

/** What is wrong with each field; undefined where nothing is. */
export type FieldErrors = Readonly<Record<string, string | undefined>>

export const CANNOT_BE_BLANK = 'cannot be blank'

export const blank = (value: string): string | undefined => value === '' ? CANNOT_BE_BLANK : undefined

/** ozzo-validation's sentence: fields sorted by their JSON name, joined by `; `, with a full stop (spec/09 2). undefined when all is well. */
export function validationText (errors: FieldErrors): string | undefined {
  const wrong = Object.keys(errors).filter((name) => errors[name] !== undefined).sort()
  return wrong.length === 0 ? undefined : `${wrong.map((name) => `${name}: ${errors[name] as string}`).join('; ')}.`
}

/** @throws CoreError with all that is wrong, under `errors` */
export function refuseInvalid (errors: FieldErrors, code = 'GEN_VALIDATION_ERROR'): void {
  const text = validationText(errors)
  if (text !== undefined) throw new CoreError(400, code, text, { key: 'errors' })
}
