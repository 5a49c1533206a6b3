// Loaded into each Node program under `exec --intercept`, before the program itself. Node's own clients do not go by
// HTTPS_PROXY, so this leads their connections to the Cloud to the gateway: under all of them (fetch, https, http2, any
// copy of undici, any agent) lies this one method. The TLS inside stays the program's: name, trust, ALPN.
import net = require('node:net')

const port = Number(process.env['BLNK_INTERCEPT_PORT'])
const CLOUD = /^api\.cloud\.blnkfinance\.com\.?$/i

interface Target { host?: string, port?: number | string, path?: string }

const isCloud = (target: unknown): target is Target => {
  const { host, port: wanted, path } = (target ?? {}) as Target
  return path == null && typeof host === 'string' && CLOUD.test(host) && Number(wanted) === 443
}

const redirected = (target: Target): Target => ({ ...target, host: '127.0.0.1', port })

if (port > 0) {
  const connect = net.Socket.prototype.connect as (...args: unknown[]) => net.Socket
  net.Socket.prototype.connect = function (this: net.Socket, ...args: unknown[]): net.Socket {
    const [first, second] = args
    // net.connect() hands on one array, [options, callback], which is marked as checked: it is changed in place.
    if (Array.isArray(first) && isCloud(first[0])) first[0] = redirected(first[0])
    else if (isCloud(first)) args[0] = redirected(first)
    else if (isCloud({ port: first, host: second })) args.splice(0, 2, port, '127.0.0.1')
    return connect.apply(this, args)
  } as typeof net.Socket.prototype.connect
}
