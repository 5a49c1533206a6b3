// Sums what the runs said: `NAME EXIT` lines of the file exits, and NAME.json of vitest. Prints `N passed, N failed` last.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const folder = process.argv[2]
const allowed = JSON.parse(readFileSync(new URL('./allowed-skips.json', import.meta.url), 'utf8'))
const read = (name) => readFileSync(join(folder, name), 'utf8')
const reason = (run, test) => Object.entries(allowed[run]).find(([name]) => test === name || test.startsWith(`${name} `))?.[1]
let passed = 0
let failed = 0
const fail = (sentence) => {
  failed++
  console.log(`ci: ${sentence}`)
}

function countTests (name, report) {
  const before = failed
  for (const file of report.testResults) {
    let failedHere = 0
    for (const { fullName, status } of file.assertionResults) {
      if (status === 'passed') passed++
      else if (status === 'failed') failedHere++
      else if (reason(name, fullName) === undefined) fail(`${name}: skipped without a listed reason: ${fullName}`)
      else console.log(`ci: ${name}: skipped: ${fullName}: ${reason(name, fullName)}`)
    }
    // A file that does not load has no tests.
    if (file.status === 'failed' && failedHere === 0) fail(`${name}: ${file.name}: ${String(file.message).split('\n', 1)[0]}`)
    failed += failedHere
  }
  return failed - before
}

for (const [name, exit] of read('exits').trim().split('\n').map((line) => line.split(' '))) {
  if (!existsSync(join(folder, `${name}.json`))) {
    const isCheck = !['embedded', 'server', 'install', 'long'].includes(name)
    if (isCheck && exit === '0') passed++
    else fail(isCheck ? `${name} failed` : `${name}: the tests did not run`)
    continue
  }
  const found = countTests(name, JSON.parse(read(`${name}.json`)))
  // Something outside of any test: an unhandled rejection, a leaked handle.
  if (exit !== '0' && found === 0) fail(`${name}: the run ended with ${exit}`)
}
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 && passed > 0 ? 0 : 1
