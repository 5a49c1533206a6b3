/** A filter that cannot be run. The message is API contract; Core answers it behind `Invalid filter: `. */
export class FilterError extends Error {}
