/** Written into a naughty text, to be looked for where no text of a request may be. */
export const MARK = 'zqxj'

/** Texts that have ended statements, headers, lines and parsers elsewhere, each with the mark in it. */
export const NAUGHTY: readonly string[] = [
  `${MARK}`,
  `'${MARK}`, `"${MARK}`, `''${MARK}''`, `\`${MARK}\``, `‘${MARK}’`, `ʼ${MARK}`, `＇${MARK}`, `″${MARK}`,
  `' OR 1=1--${MARK}`, `" OR ""="${MARK}`, `1 OR 1=1 /*${MARK}*/`, `'); DROP TABLE transactions;--${MARK}`, `1); SELECT pg_sleep(1);--${MARK}`, `' UNION SELECT null,${MARK}--`,
  `';SELECT pg_sleep(1)--${MARK}`, `' || pg_sleep(1) || '${MARK}`, `CAST(${MARK} AS int)`, `$$${MARK}$$`, `$1${MARK}`, `${MARK} $1 $2::text`, `:${MARK}`, `?${MARK}`, `@${MARK}`,
  `E'\\x27${MARK}'`, `\\${MARK}`, `${MARK}\\`, `\\'${MARK}`, `\\\\'${MARK}`, `U&'\\0027${MARK}'`, `chr(39)${MARK}`, `--${MARK}`, `/*${MARK}`, `*/${MARK}`, `${MARK};`, `${MARK},`, `${MARK}|`, `${MARK}|${MARK}`, `{${MARK},NULL}`, `{"${MARK}`, `}${MARK}`,
  `%${MARK}`, `_${MARK}_`, `%%%%%%%%%%%%${MARK}`, `%00${MARK}`, `%27${MARK}`, `%0d%0aX-Injected: ${MARK}`,
  `\r\nX-Injected: ${MARK}\r\n\r\n<html>`, `\n${MARK}`, `\t${MARK}\v\f`, `\0${MARK}`, `${MARK}\u0000`, `\u0008\u001b[31m${MARK}`, `\u0085\u2028\u2029${MARK}`,
  `\ud800${MARK}`, `${MARK}\udfff`, `\ufeff${MARK}`, `\u202e${MARK}`, `\u200b${MARK}`, `\ufffe\uffff${MARK}`, `${MARK}😀👩‍👩‍👧🏳️‍🌈`, `Ω≈ç√∫${MARK}`, `ÅÍÎÏ˝ÓÔÒÚÆ☃${MARK}`, `田中さん${MARK}`, `İıſK${MARK}`, `Z̮̞̠͙͔ͅA${MARK}`,
  `__proto__${MARK}`, `constructor.${MARK}`, `[object Object]${MARK}`, `${MARK}[]`, `${MARK}[$ne]`, `a[]=${MARK}`, `toString${MARK}`, `%s%n%x%d${MARK}`, `{{7*7}}${MARK}`, `\${${MARK}}`, `<script>${MARK}</script>`, `../../../etc/passwd${MARK}`, `file:///${MARK}`,
  `;${MARK}=1&instance_id=other`, `#${MARK}`, `//${MARK}`, `${MARK}\u00a0`, ` ${MARK} `, `NULL${MARK}`, `NaN${MARK}`, `0x${MARK}`, `1e999999999${MARK}`, `2024-01-01${MARK}`, `${MARK}${'x'.repeat(1500)}`, `${MARK}${'\''.repeat(900)}`
]

/** Without a mark, for these are taken for what they look like. */
export const TAKEN: readonly string[] = [
  '', ' ', '\0', 'null', 'undefined', 'true', 'false', 'NaN', 'Infinity', '-Infinity', '0', '-0', '+1', '-1', '1.', '.5', '1e5', '1e131072', '-1e999999999', '1e-999999999', '9'.repeat(1000), `0.${'0'.repeat(990)}1`, '0x10', '1_000',
  '__proto__', 'constructor', 'hasOwnProperty', 'toString', 'meta_data', 'meta_data.', '.', 'id', 'chain_hash', 'ctid', 'xmin', '*', 'infinity', 'now', 'epoch', 'today',
  '0000-01-01', '0001-01-01', '0001-01-01T00:00:00+14:00', '9999-12-31', '9999-12-31T23:59:59.999999Z', '9999-12-31T23:59:59-14:00', '10000-01-01', '2024-02-29', '2023-02-29', '2024-01-01T00:00:00+99:99', `2024-01-01T00:00:00.${'9'.repeat(900)}Z`,
  '[]', '{}', '[1,2]', '{"a":{"b":1e400}}', '"\\u0000"', '"\\ud800"', '['.repeat(1000), `${'['.repeat(500)}${']'.repeat(500)}`, '1|2', '|', '1|2|3', ',', ','.repeat(99), ','.repeat(200), '\\', '%\\', '%'.repeat(1000), '_'.repeat(1000)
]
