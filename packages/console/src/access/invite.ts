import { HeadraceError, type WireError } from '@headrace/core'
import { entryLink } from './entry.ts'
import { serverUrl } from './server-url.ts'

/** What a guest may do: `part`: read, write, ask and stop. `watch`: read. */
export type May = 'part' | 'watch'

interface Invitation {
  /** Of the one who invites; it must allow `admin`. */
  readonly token: string
  readonly session: string
  /** Shown to everyone in the session. */
  readonly name: string
  readonly may: May
}

const ops = { part: ['read', 'post', 'send', 'control', 'answer', 'take-floor'], watch: ['read'] } as const
const ttlSeconds = 24 * 60 * 60

/**
 * Makes a link that lets somebody into one session, and no other, for 24 hours.
 *
 * @throws HeadraceError `forbidden`: the token may not make others, or the server takes its tokens from elsewhere
 */
export async function invite({ token, session, name, may }: Invitation): Promise<string> {
  const claims = { sub: guestId(), kind: 'user', name, cap: [{ s: session, op: ops[may] }] }
  const response = await fetch(`${serverUrl()}/v1/tokens`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ ...claims, ttlSeconds }),
  })
  // The shape of the answer is the server's word: a token, or an error of the one table.
  const answer = (await response.json()) as { readonly token?: string; readonly error?: WireError }
  if (answer.error) throw HeadraceError.fromWire(answer.error)
  if (answer.token === undefined) throw new HeadraceError('internal', 'The server gave no token.')
  return entryLink(`${serverUrl()}/`, { token: answer.token, session })
}

function guestId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(6))
  return `guest-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`
}
