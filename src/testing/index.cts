import attachGateway = require('./attach.cjs')

const testing = {
  /**
   * Starts a gateway for tests: in memory, on a free port, quiet.
   * @throws SettingError when a setting or the seed is wrong
   */
  async startGateway (options: testing.TestGatewayOptions = {}): Promise<testing.TestGateway> {
    if (options.attach !== undefined) return await attachGateway(options.attach, options.adminToken ?? '', options.seed)
    // Loaded here, since require() refuses modules that await at their top level.
    const { startGateway } = await import('./index.js')
    return await startGateway(options)
  }
}

declare namespace testing {
  type TestGateway = attachGateway.TestGateway
  type TestGatewayOptions = attachGateway.TestGatewayOptions
}

export = testing
