import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:os'

/** A command that cannot be run, as POSIX has it (XCU 2.8.2). */
const NOT_FOUND = 127
const NOT_RUNNABLE = 126

/** A terminal sends these to every process in the foreground by itself; to pass them on would be to press the key twice. */
const OF_THE_KEYBOARD: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT']
const PASSED: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGHUP', ...OF_THE_KEYBOARD]

export const exitCodeOf = (signal: NodeJS.Signals): number => 128 + constants.signals[signal]

export interface Signals {
  /** The first that came. */
  readonly received: NodeJS.Signals | undefined
  /** Passes on those that come from now on. */
  to(child: ChildProcess): void
}

/** From here on no signal ends this process: it ends with its command. */
export function watchSignals (onTerminal: boolean): Signals {
  let received: NodeJS.Signals | undefined
  let child: ChildProcess | undefined
  for (const signal of PASSED) {
    process.on(signal, () => {
      received ??= signal
      if (!onTerminal || !OF_THE_KEYBOARD.includes(signal)) child?.kill(signal)
    })
  }
  return {
    get received () { return received },
    to (started) { child = started }
  }
}

/** Runs a command on our own standard input, output and error. @returns the exit code that a shell would report */
export async function runCommand ([command = '', ...args]: readonly string[], environment: Readonly<Record<string, string | undefined>>, signals: Signals): Promise<number> {
  const child = spawn(command, args, { stdio: 'inherit', env: environment })
  signals.to(child)
  try {
    const [code, signal] = await once(child, 'exit') as [number | null, NodeJS.Signals | null]
    return signal === null ? code ?? 1 : exitCodeOf(signal)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    process.stderr.write(`blnk-gateway: ${whyNot(command, code)}\n`)
    return code === 'ENOENT' ? NOT_FOUND : NOT_RUNNABLE
  }
}

function whyNot (command: string, code: string | undefined): string {
  // npm, npx and yarn are batch files there, which no process can be started from.
  if (process.platform === 'win32' && (code === 'ENOENT' || code === 'EINVAL')) return `${command} is no program that Windows can start by itself: for a batch file such as npm, write exec -- cmd /c ${command} ...`
  return code === 'ENOENT' ? `the command ${command} was not found: check its name and PATH` : `the command ${command} cannot be run (${code ?? 'unknown'}): is it an executable file?`
}
