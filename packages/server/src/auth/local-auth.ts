import path from 'node:path'
import type { Clock } from '../clock.ts'
import type { MintingAuth } from './auth.ts'
import { createSecretAuth } from './secret-auth.ts'
import { keepSecret } from './secret-file.ts'

export interface LocalAuthOptions {
  /** Time; default the machine's. */
  readonly clock?: Clock
}

/**
 * Auth for a server that nobody has configured keys for: a random secret, kept in the file `secret` of a directory
 * (readable by its owner only), so that tokens survive a restart. Such a server must be reachable from this machine
 * only: see `assertSafeBinding`.
 *
 * @param directory - made if it does not exist
 * @throws HeadraceError `store_unavailable` when the file can't be read or written
 * @throws HeadraceError `store_corrupt` when the file is not a secret, or others may read it
 *
 * @example
 * ```ts
 * const auth = await createLocalAuth('./data')
 * const token = await auth.mint({ sub: 'me', kind: 'operator', cap: [{ s: '**', op: [...verbs] }], agents: ['*'] }, 86_400)
 * ```
 */
export async function createLocalAuth(directory: string, options: LocalAuthOptions = {}): Promise<MintingAuth> {
  const secret = await keepSecret(path.join(directory, 'secret'))
  return { ...createSecretAuth(secret, options), source: 'local' }
}
