/** The colours of a status, as the Cloud lists them (spec/05 5.4). */
export const COLOURS = [
  '#3B82F6', '#10B981', '#F59E0B', '#EF4444', '#8B5CF6', '#EC4899', '#06B6D4', '#84CC16', '#F97316', '#6366F1', '#14B8A6', '#A855F7', '#E11D48', '#64748B', '#0EA5E9'
] as const

/** What an alert begins with. */
export const FIRST_STATUS = 'FLAGGED'

/** `Pending Review` gives `PENDING_REVIEW`; empty where a name has neither letters nor digits. */
export const keyOf = (name: string): string => name.trim().toUpperCase().replace(/[^\p{L}\p{N}]+/gu, '_').replace(/^_+|_+$/g, '')

/** A colour as it is listed, in whatever case it was sent; undefined for one that is not. */
export const colourOf = (text: string): string | undefined => COLOURS.find((one) => one === text.trim().toUpperCase())
