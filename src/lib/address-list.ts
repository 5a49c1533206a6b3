import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net'

const MAPPED = '::ffff:'

/** IPv4 inside of IPv6, `::ffff:192.0.2.1` as a dual-stack socket tells it or `::ffff:c000:201` (RFC 4291 2.5.5.2), becomes IPv4; any other text stays. */
export function plainAddress (address: string): string {
  if (address.slice(0, MAPPED.length).toLowerCase() !== MAPPED) return address
  const inner = address.slice(MAPPED.length)
  if (isIPv4(inner)) return inner
  const [, high, low] = /^([\da-f]{1,4}):([\da-f]{1,4})$/i.exec(inner) ?? []
  if (high === undefined || low === undefined) return address
  const bits = Number.parseInt(high, 16) * 0x10000 + Number.parseInt(low, 16)
  return [24, 16, 8, 0].map((shift) => (bits >>> shift) & 0xff).join('.')
}

/** Groups of an IPv6 address that are a customer's network (RFC 6177 2), in which anybody has as many addresses as they like. */
const NETWORK_GROUPS = 4

/** An address as what comes from it is counted: an IPv6 address by its /64, an IPv4 one inside of IPv6 as what it is. */
export function networkOf (address: string): string {
  const bare = plainAddress(address.split('%', 1)[0] as string)
  if (isIPv4(bare) || !isIPv6(bare)) return bare
  const [head = '', tail] = bare.split('::')
  const groups = head === '' ? [] : head.split(':')
  // Of what `::` stands for, the first groups at least are as many as are missing.
  const missing = tail === undefined ? 0 : 8 - groups.length - (tail === '' ? 0 : tail.split(':').length + (tail.includes('.') ? 1 : 0))
  const all = [...groups, ...Array<string>(missing).fill('0'), ...(tail ?? '').split(':')]
  return `${all.slice(0, NETWORK_GROUPS).map((group) => Number.parseInt(group === '' ? '0' : group, 16).toString(16)).join(':')}::/64`
}

interface Block { readonly address: string, readonly prefix: number, readonly family: 'ipv4' | 'ipv6' }

/** @returns null for what is neither an address nor a block in CIDR notation (RFC 4632 3.1, RFC 4291 2.3) */
function readBlock (text: string): Block | null {
  const [given = '', prefix, ...more] = text.split('/')
  const address = plainAddress(given)
  const version = isIP(address)
  // A zone names an interface of one machine, and a prefix of a mapped address means two things.
  if (version === 0 || more.length > 0 || address.includes('%') || (prefix !== undefined && address !== given)) return null
  const bits = version === 4 ? 32 : 128
  if (prefix !== undefined && !(/^\d{1,3}$/.test(prefix) && Number(prefix) <= bits)) return null
  return { address, prefix: prefix === undefined ? bits : Number(prefix), family: version === 4 ? 'ipv4' : 'ipv6' }
}

/** Whether this is an address, or a block such as `10.0.0.0/8` or `2001:db8::/32`. */
export const isAddressBlock = (text: string): boolean => readBlock(text) !== null

/** Whether an address, IPv4 also inside IPv6, is in one of the blocks. */
export type AddressList = (address: string) => boolean

/** @param blocks of which each isAddressBlock; any other is left out */
export function createAddressList (blocks: readonly string[]): AddressList {
  // One list a family: in one, ::/0 would hold IPv4 too.
  const lists: { ipv4?: BlockList, ipv6?: BlockList } = {}
  for (const block of blocks.map(readBlock)) {
    if (block !== null) (lists[block.family] ??= new BlockList()).addSubnet(block.address, block.prefix, block.family)
  }
  // Callers call again from where they are: a look-up costs several times what all else does.
  let last = ''
  let has = false
  return (address) => {
    if (address === last) return has
    const plain = plainAddress(address)
    const version = isIP(plain)
    const family = version === 4 ? 'ipv4' : 'ipv6'
    has = version !== 0 && (lists[family]?.check(plain, family) ?? false)
    last = address
    return has
  }
}
