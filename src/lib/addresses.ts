import { BlockList, isIP } from 'node:net'

/**
 * Addresses that a cloud answers its machines' secrets on, and the rest of their link: no request that somebody else
 * words goes there. RFC 3927, RFC 4291 2.5.6; the documentation of EC2, of Google's, of Oracle's and of Alibaba's cloud, and of Azure.
 */
const LINK_LOCAL = new BlockList()
LINK_LOCAL.addSubnet('169.254.0.0', 16)
LINK_LOCAL.addSubnet('fe80::', 10, 'ipv6')
LINK_LOCAL.addAddress('fd00:ec2::254', 'ipv6')
LINK_LOCAL.addAddress('fd20:ce::254', 'ipv6')
LINK_LOCAL.addAddress('fd00:c1::a9fe:a9fe', 'ipv6')
LINK_LOCAL.addAddress('100.100.100.200')
LINK_LOCAL.addAddress('168.63.129.16')
// The same inside IPv6, where a network translates it: RFC 6052 2.1, RFC 8215, RFC 7915 (::ffff:0:0/96), RFC 4291 2.5.5.1; RFC 3056 2.
for (const prefix of ['64:ff9b::', '64:ff9b:1::', '::ffff:0:', '::']) {
  for (const [inside, bits] of [['a9fe:0', 112], ['6464:64c8', 128], ['a83f:8110', 128]] as const) LINK_LOCAL.addSubnet(prefix + inside, bits, 'ipv6')
}
for (const [prefix, bits] of [['2002:a9fe::', 32], ['2002:6464:64c8::', 48], ['2002:a83f:8110::', 48]] as const) LINK_LOCAL.addSubnet(prefix, bits, 'ipv6')

/** @param address an IP address; IPv4 inside IPv6 counts as what it is */
export const isLinkLocal = (address: string): boolean => LINK_LOCAL.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')

/** The host of a URL without the brackets of an IPv6 address. */
export const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '')
