import type { Config } from '../config.js'
import { createAddressList } from '../lib/address-list.js'
import { isLoopbackAddress, isPublicAddress, type Destinations } from '../lib/outbound.js'

/**
 * Where apps may be: at public addresses, by https. APPS_ALLOW_LOCAL admits this machine, by http too;
 * APPS_ALLOW_NETWORKS admits networks of the operator's own, by https.
 */
export function destinationsOf ({ appsAllowLocal, appsAllowNetworks }: Pick<Config, 'appsAllowLocal' | 'appsAllowNetworks'>): Destinations {
  const isOwn = createAddressList(appsAllowNetworks)
  return (address, scheme) => (appsAllowLocal && isLoopbackAddress(address)) || (scheme === 'https:' && (isPublicAddress(address) || isOwn(address)))
}
