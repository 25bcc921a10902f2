/**
 * Which pages and host names may talk to the server at all, before anybody is asked for a token.
 *
 * A page on any site can make a browser connect to a port of this machine. Two headers tell: `Origin` names the page, and
 * `Host` names what the page believed to connect to (a name that was made to point here, in a DNS rebinding attack).
 * Programs that are not browsers send no `Origin` and are judged by their token alone.
 */
import type { IncomingHttpHeaders } from 'node:http'
import { HeadraceError } from '@headrace/core'
import { isLoopbackHost } from '../auth/loopback.ts'
import { parseCors, parseHosts } from './gate-options.ts'
import { answerHeaders } from './stream-headers.ts'

export interface GateOptions {
  /** Origins that may connect beside the server's own: exact, as `https://app.example.com`, or `*` for every one. */
  readonly cors?: readonly string[]
  /**
   * Host names that the server answers for: `app.example.com` on any port, or `app.example.com:8443`. Loopback names are
   * always answered for. With none given, a server that is not `loopbackOnly` answers for every name.
   */
  readonly hosts?: readonly string[]
  /** Whether the server is bound to a loopback address. Default true. */
  readonly loopbackOnly?: boolean
}

/** What the gate looks at: any HTTP request, upgrades included. */
export interface GateRequest {
  readonly headers: IncomingHttpHeaders
  readonly socket?: object
}

export interface Gate {
  /** Returns `host_not_allowed` or `origin_not_allowed` when the request must be refused. */
  check(request: GateRequest): HeadraceError | undefined
  /** The headers with which a browser lets the page that asked read the answer. None for a page that may not. */
  corsHeaders(request: GateRequest): Readonly<Record<string, string>>
}

/**
 * Makes the gate that all doors share.
 *
 * @throws HeadraceError `bad_request` when an entry of `cors` or `hosts` has the wrong form
 */
export function createGate({ cors = [], hosts = [], loopbackOnly = true }: GateOptions = {}): Gate {
  const origins = parseCors(cors)
  const names = parseHosts(hosts)
  const anyHost = !loopbackOnly && names.size === 0

  const checkHost = (host: Host | undefined): HeadraceError | undefined => {
    if (host && (anyHost || isLoopbackHost(host.name) || names.has(host.name) || names.has(host.authority)))
      return undefined
    const shown = host ? host.authority.slice(0, 100) : 'missing or malformed'
    const text = `This server does not answer for the Host ${shown}. If it should, add the name to its hosts option.`
    return new HeadraceError('host_not_allowed', text)
  }

  const isAllowed = (origin: string, host: Host, encrypted: boolean): boolean =>
    origin !== 'null' && (origins.any || origins.exact.has(origin) || isOwn(origin, host, encrypted))

  const checkOrigin = (origin: string | undefined, host: Host, encrypted: boolean): HeadraceError | undefined => {
    if (origin === undefined || isAllowed(origin, host, encrypted)) return undefined
    const shown =
      origin === 'null' ? 'without an origin (a local file or a sandboxed frame)' : `on ${origin.slice(0, 100)}`
    const text = `Pages ${shown} may not use this server. If they should, add their exact origin to its cors option.`
    return new HeadraceError('origin_not_allowed', text, { detail: { origin: origin.slice(0, 100) } })
  }

  return {
    check({ headers, socket }) {
      const host = parseHost(headers.host)
      return checkHost(host) ?? (host && checkOrigin(headers.origin, host, isEncrypted(socket)))
    },
    corsHeaders({ headers, socket }): Readonly<Record<string, string>> {
      const host = parseHost(headers.host)
      // Also without an Origin: a cache must not give that answer to a page.
      const vary = { Vary: 'Origin' }
      if (headers.origin === undefined || !host || !isAllowed(headers.origin, host, isEncrypted(socket))) return vary
      return {
        ...vary,
        'Access-Control-Allow-Origin': headers.origin,
        'Access-Control-Expose-Headers': exposed,
      }
    },
  }
}

const exposed = ['Headrace-Version', 'Location', 'Retry-After', 'WWW-Authenticate', ...answerHeaders].join(', ')

interface Host {
  /** The name in lower case; an IPv6 address is in brackets. */
  readonly name: string
  /** Name and port as they came, in lower case. */
  readonly authority: string
}

function parseHost(header: string | undefined): Host | undefined {
  const authority = header?.toLowerCase() ?? ''
  const [, name] = /^(\[[0-9a-f:.]{2,45}\]|[a-z0-9_.-]{1,253})(?::\d{1,5})?$/.exec(authority) ?? []
  return name === undefined ? undefined : { name, authority }
}

/** Whether a page came from this very server. Behind a proxy that ends TLS the scheme is not known, so it may be either. */
function isOwn(origin: string, host: Host, encrypted: boolean): boolean {
  const [, scheme] = /^(https?):\/\/[^/]+$/.exec(origin) ?? []
  if (scheme === undefined || (encrypted && scheme !== 'https')) return false
  const own = `${scheme}://${host.authority}`
  // Through URL, because either side may or may not write the default port.
  return URL.canParse(origin) && URL.canParse(own) && new URL(origin).host === new URL(own).host
}

function isEncrypted(socket: object | undefined): boolean {
  return socket !== undefined && 'encrypted' in socket && socket.encrypted === true
}
