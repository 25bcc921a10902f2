import { HeadraceError, splitKey, type SessionKey } from '@headrace/core'

/**
 * Streams and their subscriptions live in the store beside sessions, in tenants of their own: `acme~ds` for the streams of
 * `acme`. `~` is in no tenant that a token can name, so no list, search, inbox or worker of sessions meets them.
 */
type Kind = 'ds' | 'sub'

const maxPathChars = 512

/**
 * The path of a stream as it stands in an address, in the one spelling that counts: what need not be encoded is not.
 *
 * @throws HeadraceError `bad_request`
 */
export function readStreamPath(raw: string): string {
  const path = raw
    .split('/')
    .map((segment) => encodeSegment(decode(segment)))
    .join('/')
  if (path.length <= maxPathChars && /^[^/]/.test(path) && !path.endsWith('/') && !path.includes('//')) return path
  throw new HeadraceError(
    'bad_request',
    `The path of a stream has 1 to ${maxPathChars} characters, percent-encoded, and no empty segment.`,
  )
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    throw new HeadraceError('bad_request', 'The path of a stream is not percent-encoded UTF-8.')
  }
}

function encodeSegment(segment: string): string {
  return encodeURIComponent(segment).replaceAll(
    /[!'()*~]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

export function streamKey(tenant: string, path: string): SessionKey {
  return keyOf(tenant, 'ds', path)
}

export function subscriptionKey(tenant: string, name: string): SessionKey {
  return keyOf(tenant, 'sub', name)
}

/** `%` stands for itself in every store; `~` and `!` are in no path. */
function keyOf(tenant: string, kind: Kind, name: string): SessionKey {
  return `${listedTenant(tenant, kind)}!${name}`
}

/** Under which a store lists them. */
export function listedTenant(tenant: string, kind: Kind): string {
  return `${tenant}~${kind}`
}

/** What a key of the store stands for, if it is no session's. */
export function readStreamKey(
  key: SessionKey,
): { readonly kind: Kind; readonly tenant: string; readonly name: string } | undefined {
  const { tenant, session: name } = splitKey(key)
  const [owner = '', kind] = tenant.split('~')
  return kind === 'ds' || kind === 'sub' ? { kind, tenant: owner, name } : undefined
}
