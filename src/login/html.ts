/** Markup that is safe to send as it is. */
export class Html {
  constructor (readonly text: string) {}
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character] as string)

type Value = string | number | Html | undefined | readonly Html[]

function markup (value: Value): string {
  if (value === undefined) return ''
  if (value instanceof Html) return value.text
  return Array.isArray(value) ? value.map((one: Html) => one.text).join('') : escape(String(value))
}

/**
 * Markup with values between: text is escaped, for content and for attributes in quotes; what is Html already stays, and
 * undefined is nothing.
 */
export const html = (parts: TemplateStringsArray, ...values: readonly Value[]): Html => new Html(String.raw({ raw: parts }, ...values.map(markup)))
