/** What somebody would like the next client to take for its own answer. */
export const EVIL = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil'

const head = (...fields: string[]): string => ['HTTP/1.1 200 OK', ...fields, '', ''].join('\r\n')
const CHUNKED = head('Transfer-Encoding: chunked')

type Named = ReadonlyArray<readonly [name: string, bytes: string]>

/** latin1. They are answered 502. */
export const BROKEN_HEADS: Named = [
  ['a length twice', `${head('Content-Length: 2', 'Content-Length: 2')}{}`],
  ['a list of lengths', `${head('Content-Length: 2, 2')}{}`],
  ['a length with a sign', `${head('Content-Length: +2')}{}`],
  ['a negative length', `${head('Content-Length: -2')}{}`],
  ['a hexadecimal length', `${head('Content-Length: 0x2')}{}`],
  ['a length beyond 64 bits', `${head('Content-Length: 99999999999999999999')}{}`],
  ['an empty length', `${head('Content-Length:')}{}`],
  ['a length with a space before its colon', `${head('Content-Length : 2')}{}`],
  ['chunks after a length', `${head('Content-Length: 2', 'Transfer-Encoding: chunked')}0\r\n\r\n`],
  ['chunks twice', `${head('Transfer-Encoding: chunked', 'Transfer-Encoding: chunked')}0\r\n\r\n`],
  ['gzip in place of chunks', `${head('Transfer-Encoding: gzip')}{}`],
  ['gzip in chunks', `${head('Transfer-Encoding: gzip, chunked')}0\r\n\r\n`],
  ['chunks in gzip', `${head('Transfer-Encoding: chunked, gzip')}{}`],
  ['nearly chunks', `${head('Transfer-Encoding: xchunked')}0\r\n\r\n`],
  ['a name with a space', `${head('X A: 1', 'Content-Length: 2')}{}`],
  ['a name with NUL', `${head('X\0A: 1', 'Content-Length: 2')}{}`],
  ['no name', `${head(': 1', 'Content-Length: 2')}{}`],
  ['a value with NUL', `${head('X-A: a\0b', 'Content-Length: 2')}{}`],
  ['a value with CR', `${head('X-A: a\rSet-Cookie: evil=1', 'Content-Length: 2')}{}`],
  ['a fold', `${head('X-A: a', '\tb', 'Content-Length: 2')}{}`],
  ['a line without a colon', `${head('X-A', 'Content-Length: 2')}{}`],
  ['a status of two digits', `${head('Content-Length: 2').replace('200', '20')}{}`],
  ['a status below 100', `${head('Content-Length: 2').replace('200', '099')}{}`],
  ['a status of 000', `${head('Content-Length: 2').replace('200', '000')}{}`],
  ['NUL before it', `\0${head('Content-Length: 2')}{}`],
  ['20,000 fields', `${head(...Array.from({ length: 20_000 }, (_, i) => `X-${i}: a`), 'Content-Length: 2')}{}`],
  ['a name of 1 MB', `${head(`${'a'.repeat(1_000_000)}: 1`, 'Content-Length: 2')}{}`]
]

/** After these the caller's connection is cut: what came is no whole. */
export const BROKEN_BODIES: Named = [
  ['a chunk without a number', `${CHUNKED}2\r\n{}\r\nG\r\n`],
  ['a chunk with a sign', `${CHUNKED}2\r\n{}\r\n+1\r\na\r\n0\r\n\r\n`],
  ['a chunk below 0', `${CHUNKED}2\r\n{}\r\n-1\r\na\r\n0\r\n\r\n`],
  ['a chunk of 0x1', `${CHUNKED}2\r\n{}\r\n0x1\r\na\r\n0\r\n\r\n`],
  ['a chunk beyond 64 bits', `${CHUNKED}2\r\n{}\r\nfffffffffffffffff\r\na\r\n0\r\n\r\n`],
  ['a chunk that is longer than it says', `${CHUNKED}2\r\n{}evil\r\n0\r\n\r\n`],
  ['a chunk without an end', `${CHUNKED}2\r\n{}0\r\n\r\n`],
  ['a trailer without a colon', `${CHUNKED}2\r\n{}\r\n0\r\nX\r\n\r\n`],
  ['trailers of 1 MB', `${CHUNKED}2\r\n{}\r\n0\r\nX: ${'a'.repeat(1_000_000)}\r\n\r\n`],
  ['another answer among its chunks', `${CHUNKED}2\r\n{}\r\n${EVIL}`]
]

/** Whole answers with another behind them, that belongs to nobody. */
export const SPLIT: Named = [
  ['a length', `${head('Content-Length: 2')}{}${EVIL}`],
  ['a length of 0', `${head('Content-Length: 0')}${EVIL}`],
  ['chunks', `${CHUNKED}2\r\n{}\r\n0\r\n\r\n${EVIL}`],
  ['204', `HTTP/1.1 204 No Content\r\n\r\n${EVIL}`],
  ['204 with a length', `HTTP/1.1 204 No Content\r\nContent-Length: ${EVIL.length}\r\n\r\n${EVIL}`],
  ['304', `HTTP/1.1 304 Not Modified\r\nContent-Length: ${EVIL.length}\r\n\r\n${EVIL}`],
  ['an error', `HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\n{}${EVIL}`],
  ['an interim answer', `HTTP/1.1 103 Early Hints\r\n\r\n${head('Content-Length: 2')}{}${EVIL}`]
]
