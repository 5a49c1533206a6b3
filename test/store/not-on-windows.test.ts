import { expect, test, vi } from 'vitest'

const { startEmbedded } = await import(new URL('../../dist/src/store/embedded.js', import.meta.url).href) as typeof import('../../src/store/embedded.js')

test('on Windows the embedded database says what to do instead', () => {
  vi.stubGlobal('process', Object.create(process, { platform: { value: 'win32' } }))
  expect(() => startEmbedded({ dataDir: null, template: null })).toThrow(/WSL 2, or set DATABASE_URL/)
  vi.unstubAllGlobals()
})
