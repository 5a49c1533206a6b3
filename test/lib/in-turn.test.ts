import { expect, test } from 'vitest'
import { inTurn } from '../../src/lib/in-turn.js'

/** Work that takes the state when it begins and publishes it when it is let go. */
function reloading () {
  let stored = 0
  let shown = 0
  let running = 0
  const gates: Array<() => void> = []
  const reload = inTurn(async () => {
    expect(++running).toBe(1)
    const read = stored
    await new Promise<void>((resolve) => { gates.push(resolve) })
    shown = read
    running--
  })
  return {
    gates,
    shown: () => shown,
    change: async () => {
      stored++
      await reload()
    }
  }
}

const turn = async (): Promise<void> => { await new Promise((resolve) => { setImmediate(resolve) }) }

test('what was changed before a call is seen when it settles, whatever else runs', async () => {
  const { gates, shown, change } = reloading()
  const first = change()
  await turn()
  const second = change()
  const third = change()
  await turn()
  expect(gates).toHaveLength(1)
  gates[0]!()
  await first
  await turn()
  expect(gates).toHaveLength(2)
  gates[1]!()
  await Promise.all([second, third])
  expect(shown()).toBe(3)
})

test('a run that fails is told to those who wait for it, and the next begins', async () => {
  let times = 0
  const work = inTurn(async () => { if (++times === 1) throw new Error('once') })
  await expect(work()).rejects.toThrow('once')
  await work()
  expect(times).toBe(2)
})
