import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { CliError } from './admin.js'

/** How a shell tells that Ctrl-C ended a command. */
const INTERRUPTED = 130

/** A line that is typed at the terminal and not shown there. */
async function typed (question: string): Promise<string> {
  const nowhere = new Writable({ write (_chunk, _encoding, done) { done() } })
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true, historySize: 0 })
  lines.on('SIGINT', () => {
    process.stderr.write('\n')
    process.exit(INTERRUPTED)
  })
  process.stderr.write(question)
  try {
    const ended = new Promise<never>((_resolve, reject) => { lines.once('close', () => { reject(new CliError('nothing was typed')) }) })
    return await Promise.race([lines.question(''), ended])
  } finally {
    lines.close()
    process.stderr.write('\n')
  }
}

/**
 * A secret of a person's choice: typed twice at a terminal, or all of standard input without its last line end. Never an
 * argument, which every process listing shows.
 * @throws CliError
 */
export async function readHidden (name: string): Promise<string> {
  if (!process.stdin.isTTY) return (await text(process.stdin)).replace(/\r?\n$/, '')
  const first = await typed(`${name}: `)
  if (await typed(`${name}, once more: `) !== first) throw new CliError('these were not the same twice: nothing was changed')
  return first
}
