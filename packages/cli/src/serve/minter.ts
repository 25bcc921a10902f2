import type { TokenClaims } from '@headrace/server'
import { exitCode } from '../exit-code.ts'
import { Problem } from '../problem.ts'
import type { RunningServer } from './start-server.ts'

/** Makes tokens of a server that signs its own, as those of demonstrations do. */
export function minter({
  auth,
}: Pick<RunningServer, 'auth'>): (claims: TokenClaims, ttlSeconds: number) => Promise<string> {
  return (claims, ttlSeconds) => {
    if (!auth.mint) throw new Problem(exitCode.failed, 'The demo needs a server that signs its own tokens.')
    return auth.mint(claims, ttlSeconds)
  }
}
