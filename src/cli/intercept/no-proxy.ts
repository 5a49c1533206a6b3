import { BlockList, isIP } from 'node:net'

/** The entries of NO_PROXY, without what stands around them. */
export const entriesOf = (list: string | undefined): string[] => (list ?? '').split(/[\s,]+/).filter((entry) => entry !== '')

/**
 * Whether one entry of NO_PROXY means this host: `*`, a name with those below it, an address, a network (CIDR), each
 * with or without a port. There is no standard; these are the forms that curl (https://curl.se/docs/manpage.html,
 * NO_PROXY) and Go (https://pkg.go.dev/golang.org/x/net/http/httpproxy, Config.NoProxy) take.
 */
export function means (entry: string, host: string, port: number): boolean {
  if (entry === '*') return true
  const [, name = '', entryPort] = /^(.*?)(?::(\d+))?$/.exec(isIP(entry) === 6 ? `[${entry}]` : entry.toLowerCase()) ?? []
  if (entryPort !== undefined && Number(entryPort) !== port) return false
  const bare = name.replace(/^\*?\.|^\[|\]$/g, '')
  return name.includes('/') ? inNetwork(bare, host) : host === bare || (isIP(bare) === 0 && host.endsWith(`.${bare}`))
}

function inNetwork (network: string, host: string): boolean {
  const [address = '', bits] = network.split('/')
  const family = isIP(address) === 4 ? 'ipv4' : 'ipv6'
  if (isIP(address) === 0 || isIP(host) !== isIP(address) || !/^\d{1,3}$/.test(bits ?? '')) return false
  const list = new BlockList()
  try {
    list.addSubnet(address, Number(bits), family)
  } catch {
    // More bits than an address has.
    return false
  }
  return list.check(host, family)
}
