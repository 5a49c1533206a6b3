import { expect, test } from 'vitest'
import { startIntercept } from '../../../src/cli/intercept/start.js'
import { SettingError } from '../../../src/config.js'

test.each(['http://[nowhere', 'http://us%er:hunter2@127.0.0.1:1', 'ftp://hunter2@127.0.0.1', 'http://'])('a proxy of the environment that is none stops the start: %s', async (proxy) => {
  for (const name of ['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY']) {
    const error: unknown = await startIntercept('http://127.0.0.1:1', { [name]: proxy }).then(async (started) => { await started.close() }, (why: unknown) => why)
    expect(error).toBeInstanceOf(SettingError)
    expect((error as Error).message).not.toContain('hunter2')
  }
})
