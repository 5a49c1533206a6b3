import { expect, test } from 'vitest'
import { textOf } from './source-files.js'

test('the image is built from all that the build reads', () => {
  const stage = textOf('Dockerfile').split(/^FROM /m)[1] as string
  const copied = [...stage.matchAll(/^COPY (.+) \S+$/gm)].flatMap((match) => (match[1] as string).split(' '))
  const read = [...textOf('scripts/build.mjs').matchAll(/join\(root, '([^'/]+)/g)].map((match) => match[1] as string).filter((one) => one !== 'dist')
  expect(read).toContain('openapi.yaml')
  for (const one of [...read, 'src', 'routes', 'scripts']) expect(copied).toContain(one)
  const ignored = textOf('.dockerignore').split('\n')
  for (const one of copied) expect(ignored).not.toContain(one)
})
