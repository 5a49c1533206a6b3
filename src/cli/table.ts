import Table from 'cli-table3'

const BARE = { top: '', 'top-mid': '', 'top-left': '', 'top-right': '', bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '', left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '  ' }

/** Columns without lines, readable and easy to cut. */
export function table (head: readonly string[], rows: ReadonlyArray<readonly string[]>): string {
  const made = new Table({ head: [...head], chars: BARE, style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] } })
  made.push(...rows.map((row) => [...row]))
  return made.toString().split('\n').map((line) => line.trimEnd()).join('\n')
}
