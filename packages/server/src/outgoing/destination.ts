import { isIP } from 'node:net'
import { isPublicAddress } from './public-address.ts'

/** Where a request goes, or why it may not go there. */
export type Destination =
  | { readonly allowed: true; readonly url: URL; readonly mayBePrivate: boolean }
  | { readonly allowed: false; readonly message: string }

const maxUrlChars = 2_048

/**
 * Judges an address by what it says; what its name leads to is looked at when it is connected to.
 *
 * @param trusted - hosts that may be private, and be reached without TLS
 */
export function judge(text: string, trusted: ReadonlySet<string>): Destination {
  if (text.length > maxUrlChars) return refuse(`The address has more than ${maxUrlChars} characters.`)
  if (!URL.canParse(text)) return refuse('The address is not a URL.')
  const url = new URL(text)
  if (url.username !== '' || url.password !== '')
    return refuse('The address must hold no user name or password: sign requests with a secret instead.')
  const host = url.hostname.replace(/\.$/, '')
  const mayBePrivate = trusted.has(host) || trusted.has(`${host}:${portOf(url)}`)
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && mayBePrivate))
    return refuse('The address must begin with https:. Plain http: is for hosts that the server was told to trust.')
  const bare = host.replace(/^\[(.*)\]$/, '$1')
  if (isIP(bare) !== 0 && !mayBePrivate && !isPublicAddress(bare)) return refuse(notPublic)
  return { allowed: true, url, mayBePrivate }
}

/** Says nothing of what the name led to: whoever sets an address must not learn about the network behind us. */
export const notPublic =
  'The address is not on the public internet. If it should be reached, tell the server to trust its host.'

function portOf({ port, protocol }: URL): string {
  return port === '' ? (protocol === 'https:' ? '443' : '80') : port
}

function refuse(message: string): Destination {
  return { allowed: false, message }
}
