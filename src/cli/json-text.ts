/** JSON for a terminal too: what JSON leaves as it is of control characters, U+007F to U+009F, begins commands of some. */
export const jsonText = (value: unknown): string => JSON.stringify(value).replace(/[\u007f-\u009f]/g, (one) => `\\u00${one.charCodeAt(0).toString(16)}`)
