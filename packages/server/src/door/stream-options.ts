import { HeadraceError, verbs, type Grant } from '@headrace/core'

/** How streams are served at `/v1/stream/`. */
export interface DurableStreamsOptions {
  /**
   * Paths of streams that anybody may use who can connect to the server, without a token: all that begin so, at a slash;
   * `''` is every stream. Only for servers that are bound to loopback. Default: none.
   */
  readonly open?: string
  /** How long a long-poll waits, in milliseconds; at most `httpLimits.waitMs`. Default 25,000. */
  readonly longPollTimeoutMs?: number
  /** Scheme and host by which others reach this server, as `https://streams.example.com`. Default: as each request says. */
  readonly publicUrl?: string
}

export interface StreamDoorOptions {
  readonly longPollTimeoutMs: number
  readonly publicUrl: string | undefined
  /** What somebody without a token may do with this stream or subscription; `undefined`: nothing. */
  anonymous(path: string): Grant | undefined
}

const defaultLongPollMs = 25_000

/**
 * @throws HeadraceError `bad_request` when streams are open on a server that others can reach, or a value is out of range
 */
export function readStreamOptions(
  { open, longPollTimeoutMs = defaultLongPollMs, publicUrl }: DurableStreamsOptions,
  { loopbackOnly, maxWaitMs }: { readonly loopbackOnly: boolean; readonly maxWaitMs: number },
): StreamDoorOptions {
  if (open !== undefined && !loopbackOnly) {
    throw new HeadraceError(
      'bad_request',
      'Streams can be open to everybody only on a server that is bound to loopback: bind it to 127.0.0.1, or give out tokens.',
    )
  }
  if (!Number.isInteger(longPollTimeoutMs) || longPollTimeoutMs < 1 || longPollTimeoutMs > maxWaitMs) {
    const text = `longPollTimeoutMs is a whole number from 1 to ${maxWaitMs} (waitMs), not ${longPollTimeoutMs}.`
    throw new HeadraceError('bad_request', text)
  }
  if (publicUrl !== undefined && (!URL.canParse(publicUrl) || new URL(publicUrl).origin !== publicUrl))
    throw new HeadraceError('bad_request', 'publicUrl is scheme and host only, as https://streams.example.com.')
  const prefix = open?.replace(/^\/+|\/+$/g, '')
  const grant = prefix === undefined ? undefined : openGrant(prefix)
  return {
    longPollTimeoutMs,
    publicUrl,
    anonymous: (path) => (prefix !== undefined && isUnder(prefix, path) ? grant : undefined),
  }
}

/** Everything with the streams there, and nothing else: no session, and no other stream. */
function openGrant(prefix: string): Grant {
  const sessions = `${streamsUnder}${prefix === '' ? '' : `${prefix}/`}**`
  return {
    tenant: 'default',
    actor: 'user:anonymous',
    capabilities: [{ sessions, verbs }, ...(prefix === '' ? [] : [{ sessions: `${streamsUnder}${prefix}`, verbs }])],
    agents: [],
    expiresAt: Number.MAX_SAFE_INTEGER,
    // No revocation is about it: it stands for no token.
    issuedAt: Number.MAX_SAFE_INTEGER,
  }
}

function isUnder(prefix: string, path: string): boolean {
  return prefix === '' || path === prefix || path.startsWith(`${prefix}/`)
}

/** In the patterns of a token, the stream `a/b` is `stream/a/b`. */
export const streamsUnder = 'stream/'
