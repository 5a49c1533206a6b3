// Loaded into the gateway by bench/soak.mjs: tells, when it is asked, what is in use after a collection, and who is connected.
process.on('message', ({ core }) => {
  globalThis.gc?.()
  globalThis.gc?.()
  const { heapUsed, external, rss } = process.memoryUsage()
  const sockets = process._getActiveHandles().filter((one) => one.constructor.name === 'Socket' && one.remotePort !== undefined)
  const toCore = sockets.filter(({ remotePort }) => remotePort === core).length
  const clients = sockets.filter(({ server, localPort }) => server != null && localPort !== undefined).length
  process.send({ used: heapUsed + external, rss, toCore, clients, others: sockets.length - toCore - clients })
})
// It ends when it is told to, whether or not somebody may still ask.
process.channel.unref()
