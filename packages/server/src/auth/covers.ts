import { HeadraceError, type Grant, type Verb } from '@headrace/core'
import type { TokenClaims } from './auth.ts'

/** Whether every session id that fits `narrow` also fits `wide`. Both are patterns of capabilities. */
export function covers(wide: string, narrow: string): boolean {
  const outer = wide.split('/')
  const inner = narrow.split('/')
  for (const [index, segment] of outer.entries()) {
    if (segment === '**' && index === outer.length - 1) return true
    const want = inner[index]
    if (want === undefined || (want === '**' && index === inner.length - 1)) return false
    if (segment !== '*' && segment !== want) return false
  }
  return outer.length === inner.length
}

/**
 * Nobody gives away more than they have: whoever makes a token for others must be an admin of the sessions it is for and
 * hold every verb and agent it names.
 *
 * @throws HeadraceError `forbidden` that names what is too much
 */
export function mustCover(grant: Grant, claims: TokenClaims): void {
  const holds = (pattern: string, verb: Verb): boolean =>
    grant.capabilities.some((capability) => capability.verbs.includes(verb) && covers(capability.sessions, pattern))

  if (!grant.capabilities.some(({ verbs }) => verbs.includes('admin')))
    refuse('admin', 'needs the verb admin, which your token does not have')
  if (claims.ten !== undefined && claims.ten !== grant.tenant) refuse('ten', 'can only be made for your own tenant')
  if (claims.kind === 'operator' && !grant.actor.startsWith('operator:'))
    refuse('kind', 'can be made for an operator only by an operator')
  for (const { s, op } of claims.cap) {
    for (const verb of new Set<Verb>(['admin', ...op])) {
      if (!holds(s, verb))
        refuse(
          'cap',
          `for ${verb === 'admin' ? 'sessions' : verb} on ${s} needs ${verb} there, which your token does not have`,
        )
    }
  }
  for (const agent of claims.agents ?? []) {
    if (!grant.agents.includes('*') && !grant.agents.includes(agent))
      refuse('agents', `for the agent ${agent} needs that agent in your own token`)
  }
}

function refuse(claim: string, text: string): never {
  throw new HeadraceError('forbidden', `Such a token ${text}.`, { detail: { claim } })
}
