import { BlockList, isIP } from 'node:net'

/**
 * Addresses that a cloud answers its machines' secrets on, and the rest of their link: no request that somebody else
 * words goes there. RFC 3927, RFC 4291 2.5.6; the documentation of EC2, of Alibaba Cloud and of Azure.
 */
const LINK_LOCAL = new BlockList()
LINK_LOCAL.addSubnet('169.254.0.0', 16)
LINK_LOCAL.addSubnet('fe80::', 10, 'ipv6')
LINK_LOCAL.addAddress('fd00:ec2::254', 'ipv6')
LINK_LOCAL.addAddress('100.100.100.200')
LINK_LOCAL.addAddress('168.63.129.16')

/** @param address an IP address; IPv4 inside IPv6 counts as what it is */
export const isLinkLocal = (address: string): boolean => LINK_LOCAL.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')

/** The host of a URL without the brackets of an IPv6 address. */
export const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '')
