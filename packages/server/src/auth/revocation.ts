import { HeadraceError, integer, object, optional, string, type Actor, type Grant, type Schema } from '@headrace/core'
import { tokenId } from './claims.ts'

/** Which tokens are taken back. */
export type RevocationTarget =
  /** One token, by its id (`jti`). */
  | { readonly token: string }
  /** All tokens of an actor that were made before a time. */
  | { readonly actor: Actor; readonly issuedBefore: number }
  /** All tokens of the tenant that were made before a time. */
  | { readonly all: true; readonly issuedBefore: number }

/** That tokens no longer count. It can't be taken back; a new token can be given. Times are milliseconds since 1970. */
export type Revocation = RevocationTarget & {
  readonly id: string
  readonly at: number
  readonly by: Actor
  /** By then every token that it hits has expired, and it is forgotten. */
  readonly until: number
  readonly reason?: string
}

const time: Schema<number> = integer(0, Number.MAX_SAFE_INTEGER)
const anyActor: Schema<Actor> = actorOf('user|agent|operator|system')

/** An actor that a token can name. */
export const tokenActor: Schema<Actor> = actorOf('user|agent|operator')
export const revocationReason: Schema<string> = string({
  pattern: /^\P{Cc}{1,200}$/u,
  called: 'a reason of 1 to 200 characters',
})

const stored = object({
  id: tokenId,
  at: time,
  by: anyActor,
  until: time,
  reason: optional(revocationReason),
  token: optional(tokenId),
  actor: optional(tokenActor),
  all: optional(integer(1, 1)),
  issuedBefore: optional(time),
})

/**
 * Reads a revocation as it was stored.
 *
 * @throws HeadraceError `bad_request` for what is none: whoever can't read a revocation must not go on as if it were not there
 */
export function readRevocation(value: unknown): Revocation {
  const { token, actor, all, issuedBefore, ...common } = stored.parse(value, 'revocation')
  if (token !== undefined) return { token, ...common }
  if (issuedBefore !== undefined && actor !== undefined) return { actor, issuedBefore, ...common }
  if (issuedBefore !== undefined && all !== undefined) return { all: true, issuedBefore, ...common }
  throw new HeadraceError('bad_request', 'revocation must name a token, an actor or all.', { detail: { path: '.' } })
}

/** Whether a revocation takes back the token that a grant is from. A token that does not say when it was made is old. */
export function hits(revocation: Revocation, { jti, actor, issuedAt = 0 }: Grant): boolean {
  if ('token' in revocation) return revocation.token === jti
  return issuedAt < revocation.issuedBefore && ('all' in revocation || revocation.actor === actor)
}

function actorOf(kinds: string): Schema<Actor> {
  const text = string({
    pattern: new RegExp(`^(?:${kinds}):[\\x21-\\x7e]{1,255}$`),
    called: `an actor: ${kinds.replaceAll('|', ', ')}, a colon and an id`,
  })
  return { parse: (value, path) => text.parse(value, path) as Actor, json: text.json } // the pattern is that of the type
}
