import { BlockList, isIP } from 'node:net'

/** IPv4 addresses that are not of the public internet, with why. */
const special4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8], // this network
  ['10.0.0.0', 8], // private
  ['100.64.0.0', 10], // behind a carrier's NAT
  ['127.0.0.0', 8], // loopback
  ['169.254.0.0', 16], // link-local: the metadata services of clouds
  ['172.16.0.0', 12], // private
  ['192.0.0.0', 24], // protocol assignments
  ['192.0.2.0', 24], // documentation
  ['192.88.99.0', 24], // 6to4 relays
  ['192.168.0.0', 16], // private
  ['198.18.0.0', 15], // benchmarks
  ['198.51.100.0', 24], // documentation
  ['203.0.113.0', 24], // documentation
  ['224.0.0.0', 4], // multicast
  ['240.0.0.0', 4], // reserved, broadcast
]

/** Parts of IPv6's global space that lead elsewhere: into IPv4, or nowhere. */
const special6: readonly (readonly [string, number])[] = [
  ['2001::', 23], // protocol assignments, with Teredo, which wraps an IPv4 address
  ['2001:db8::', 32], // documentation
  ['2002::', 16], // 6to4, which wraps an IPv4 address
  ['3fff::', 20], // documentation
]

const refused = new BlockList()
for (const [net, prefix] of special4) refused.addSubnet(net, prefix, 'ipv4')
for (const [net, prefix] of special6) refused.addSubnet(net, prefix, 'ipv6')

/**
 * What IPv6 has given to the public internet. Everything else is refused, which takes in loopback, link-local, unique
 * local and multicast addresses, and those that wrap an IPv4 address (mapped, compatible, NAT64).
 */
const global6 = new BlockList()
global6.addSubnet('2000::', 3, 'ipv6')

/** Whether an IP address is one of the public internet: reaching it reaches nothing that only we can reach. */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !refused.check(address, 'ipv4')
    case 6:
      // A zone (`fe80::1%eth0`) is only on addresses of a link.
      return !address.includes('%') && global6.check(address, 'ipv6') && !refused.check(address, 'ipv6')
    default:
      return false
  }
}
