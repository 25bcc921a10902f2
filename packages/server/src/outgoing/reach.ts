/** How a request goes out: its name resolved once, its connection pinned to what came out. See outgoing.ts for why. */
import { lookup as resolveName } from 'node:dns/promises'
import { request as httpRequest, type ClientRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { HeadraceError } from '@headrace/core'
import { version } from '../version.ts'
import { notPublic } from './destination.ts'
import { isPublicAddress } from './public-address.ts'

export interface ResolvedAddress {
  readonly address: string
  readonly family: 4 | 6
}

export type Headers = Readonly<Record<string, string>>

/** Headers that say how a message is framed and where it goes. */
const ours = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'upgrade',
  'expect',
  'te',
  'trailer',
])

export function checkHeaders(headers: Headers): void {
  for (const name of Object.keys(headers)) {
    if (ours.has(name.toLowerCase()))
      throw new HeadraceError('bad_request', `The header ${name} is not for callers to set.`, { detail: { name } })
  }
}

export async function resolveAll(host: string): Promise<readonly ResolvedAddress[]> {
  const found = await resolveName(host, { all: true })
  return found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }))
}

export async function find({ hostname }: URL, resolve: typeof resolveAll): Promise<readonly ResolvedAddress[]> {
  const bare = hostname.replace(/^\[(.*)\]$/, '$1')
  const version = isIP(bare)
  const found = version === 0 ? await resolve(hostname) : [{ address: bare, family: version === 6 ? 6 : 4 } as const]
  if (found.length === 0) throw new Failure('The host name of the address leads nowhere.')
  return found
}

export interface OutgoingRequest {
  readonly url: URL
  readonly method: string
  readonly body: string | Uint8Array
  readonly headers: Headers
  readonly addresses: readonly ResolvedAddress[]
  readonly mayBePrivate: boolean
}

/** Opens a request. Its body is still to be sent, with `end`. */
export function openRequest(request: OutgoingRequest, onConnect: () => void): ClientRequest {
  const { url, method, body, headers, addresses, mayBePrivate } = request
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest
  const opened = send(url, {
    method,
    // A connection of its own: one that is kept could have been made to another answer of the name.
    agent: false,
    lookup: pinned(addresses),
    headers: {
      'User-Agent': `headrace/${version}`,
      'Accept-Encoding': 'identity',
      ...headers,
      'Content-Length': Buffer.byteLength(body),
    },
  })
  opened.on('socket', (socket) => {
    socket.once('connect', () => {
      onConnect()
      // A second wall, should anything above ever be wrong.
      const { remoteAddress = '' } = socket
      if (!mayBePrivate && !isPublicAddress(remoteAddress)) opened.destroy(new Failure(notPublic))
    })
  })
  return opened
}

/** Answers with what was resolved before, whatever the name leads to by now. */
function pinned(addresses: readonly ResolvedAddress[]): LookupFunction {
  return (_host, { all }, answer) => {
    const [first] = addresses
    if (all === true) answer(null, [...addresses])
    else answer(null, first?.address ?? '', first?.family)
  }
}

/** Why a request failed, in words that may be shown. */
export class Failure extends Error {
  override readonly name = 'Failure'
}

const texts: Readonly<Record<string, string>> = {
  ENOTFOUND: 'The host name of the address is not known.',
  EAI_AGAIN: 'The host name of the address could not be resolved now.',
  ECONNREFUSED: 'The connection was refused.',
  ECONNRESET: 'The connection broke off.',
  EHOSTUNREACH: 'The host could not be reached.',
  ENETUNREACH: 'The host could not be reached.',
  ETIMEDOUT: 'The host did not answer.',
  CERT_HAS_EXPIRED: 'The certificate of the host has expired.',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'The certificate of the host is not signed by a known authority.',
  SELF_SIGNED_CERT_IN_CHAIN: 'The certificate of the host is not signed by a known authority.',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'The certificate of the host is not signed by a known authority.',
  ERR_TLS_CERT_ALTNAME_INVALID: 'The certificate of the host is for another name.',
}

/** Node's own texts hold addresses and ports, so only their codes are looked at. */
export function describe(thrown: unknown): string {
  return texts[codeOf(thrown)] ?? 'The request failed before an answer came.'
}

/** The code of an error of Node; empty where it has none. */
export function codeOf(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : ''
}
