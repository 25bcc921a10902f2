import { HeadraceError } from '@headrace/core'
import { isLoopbackHost } from './loopback.ts'
import type { Auth } from './auth.ts'

/**
 * Refuses to open a server to others when nobody has configured keys: the key that the server made for itself is for
 * this machine.
 *
 * @throws HeadraceError `bad_request` that names the two ways out
 *
 * @example
 * ```ts
 * assertSafeBinding({ host: '0.0.0.0', auth: await createLocalAuth('./data') }) // throws
 * ```
 */
export function assertSafeBinding({ host, auth }: { readonly host: string; readonly auth: Auth }): void {
  if (auth.source !== 'local' || isLoopbackHost(host)) return
  const shown = host === '' ? 'every address' : host
  const text = `Without configured keys the server binds to loopback only, not to ${shown}. Either bind to 127.0.0.1, or configure keys: an auth secret (--auth-secret) or a key set (JWKS).`
  throw new HeadraceError('bad_request', text, { detail: { host } })
}
