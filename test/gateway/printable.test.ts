import { expect, test } from 'vitest'
import { printable } from '../../src/gateway/request-line.js'

test('what callers sent does not move the cursor of who reads it; lines stay lines', () => {
  expect(printable('{\r\n\t"a": "é😀"\n}')).toBe('{\r\n\t"a": "é😀"\n}')
  // ESC and U+009B begin the sequences of a terminal (ECMA-48 5.4); a return without a line feed writes over the line.
  expect(printable('a\u001b[2Jb\u009b31mc\u0007d\re\u007f')).toBe('a?[2Jb?31mc?d?e?')
})
