// What comes of a request of bench/soak.mjs is known from its number, to the client and to the Core.

/** 1 of 100: the Core breaks off. */
export const isCut = (number) => number % 100 === 7

/** 5 of 100: the client leaves, in turn in the middle of its body, after it, and after a moment. */
export const isLeft = (number) => number % 20 === 3
