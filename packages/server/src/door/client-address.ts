import type { IncomingMessage } from 'node:http'
import { BlockList, isIP } from 'node:net'
import { HeadraceError } from '@headrace/core'
import { isLoopbackHost } from '../auth/loopback.ts'

/**
 * Where a request comes from, for counting; `undefined` when that says nothing. An IPv6 address stands for its /64, which
 * is what one customer gets.
 *
 * Loopback says nothing: it is this machine itself, or a proxy on it that nobody told us to trust, behind which are
 * people who can't be told apart.
 */
export type ClientAddress = (request: Pick<IncomingMessage, 'socket' | 'headers'>) => string | undefined

/** Most entries of `X-Forwarded-For` that are looked at. */
const maxHops = 16

/**
 * @param trusted - addresses and networks of proxies whose `X-Forwarded-For` is believed: `10.0.0.1`, `10.0.0.0/8`. What
 *   stands left of the first one that is not trusted, anybody could have written.
 * @throws HeadraceError `bad_request` for an entry that is no address or network
 */
export function createClientAddress(trusted: readonly string[] = []): ClientAddress {
  const isProxy = createProxyCheck(trusted)

  return ({ socket, headers }) => {
    let address = plain(socket.remoteAddress ?? '')
    if (address === undefined) return undefined
    const hops = String(headers['x-forwarded-for'] ?? '').split(',')
    for (const hop of hops.reverse().slice(0, maxHops)) {
      if (!isProxy(address)) break
      const next = plain(hop.trim())
      if (next === undefined) break
      address = next
    }
    return isLoopbackHost(address) ? undefined : network(address)
  }
}

/**
 * Tells whether an address is that of a proxy.
 *
 * @throws HeadraceError `bad_request` for an entry that is no address or network
 */
export function createProxyCheck(trusted: readonly string[]): (address: string | undefined) => boolean {
  const proxies = parseProxies(trusted)
  return (text = '') => {
    const address = plain(text)
    return address !== undefined && proxies.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
  }
}

function parseProxies(entries: readonly string[]): BlockList {
  const list = new BlockList()
  for (const entry of entries) {
    const [address = '', bits, ...more] = entry.split('/')
    const version = isIP(address)
    const most = version === 6 ? 128 : 32
    const prefix = bits === undefined ? most : /^\d{1,3}$/.test(bits) ? Number(bits) : -1
    if (version === 0 || more.length > 0 || prefix < 0 || prefix > most) {
      const shown = JSON.stringify(entry.slice(0, 100))
      throw new HeadraceError(
        'bad_request',
        `trustedProxies: ${shown} is not an address or a network. Write 10.0.0.1 or 10.0.0.0/8.`,
      )
    }
    list.addSubnet(address, prefix, version === 6 ? 'ipv6' : 'ipv4')
  }
  return list
}

/** An address without port, brackets and zone; one that wraps an IPv4 address as that. */
function plain(text: string): string | undefined {
  const [, bare = text] = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(text) ?? /^(\d+\.\d+\.\d+\.\d+):\d{1,5}$/.exec(text) ?? []
  const address = bare.replace(/%.*$/, '').toLowerCase()
  if (isIP(address) === 0) return undefined
  const groups = isIP(address) === 6 ? expand(address) : []
  if (groups.length === 0 || groups.slice(0, 6).join(':') !== '0:0:0:0:0:ffff') return address
  return groups
    .slice(6)
    .flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255])
    .join('.')
}

function network(address: string): string {
  return isIP(address) === 6 ? `${expand(address).slice(0, 4).join(':')}::/64` : address
}

/** The eight groups of an IPv6 address, without leading zeros. */
function expand(address: string): readonly string[] {
  // URL knows all the ways to write one, and writes it in one way.
  const text = new URL(`http://[${address}]`).hostname.slice(1, -1)
  const [head = '', tail] = text.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const gap = tail === undefined ? 0 : 8 - left.length - right.length
  return [...left, ...Array<string>(gap).fill('0'), ...right]
}
