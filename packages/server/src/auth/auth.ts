import type { ActorKind, Grant, Verb } from '@headrace/core'

/** Verbs on the sessions whose id fits a pattern, as a token says it. */
export interface TokenCapability {
  /** Pattern of session ids: `*` is one segment, `**` at the end any number of segments. See `Capability` in core. */
  readonly s: string
  readonly op: readonly Verb[]
}

/** What Headrace reads in a token, beside its expiry. */
export interface TokenClaims {
  /** Id of the bearer: 1 to 255 printable ASCII characters without spaces. Together with `kind` it is the actor. */
  readonly sub: string
  /** Default `user`. */
  readonly kind?: Exclude<ActorKind, 'system'>
  /** Display name: 1 to 128 characters. */
  readonly name?: string
  /** Tenant; default `default`. */
  readonly ten?: string
  /** What the token allows. Nothing else is allowed. */
  readonly cap: readonly TokenCapability[]
  /** Agents that the bearer may work as; `*` is any. Default none. */
  readonly agents?: readonly string[]
}

/** Where identities come from: turns a token into what its bearer may do. */
export interface Auth {
  /**
   * `local`: a key that the server made for itself, so only this machine may reach it. `keys`: keys that somebody
   * configured. Left out counts as `keys`. See `assertSafeBinding`.
   */
  readonly source?: 'local' | 'keys'
  /**
   * Checks a token and returns what it allows.
   *
   * @throws HeadraceError `unauthenticated`: not signed by a trusted key, or a claim is missing or wrong; the text names it.
   * @throws HeadraceError `token_expired`
   * @throws HeadraceError `auth_unavailable`: the keys can't be read now.
   */
  verify(token: string): Promise<Grant>
  /** Signs a token. Present where the server holds the key that signs. */
  mint?(claims: TokenClaims, ttlSeconds: number, jti?: string): Promise<string>
}

/** An {@link Auth} that holds the signing key. */
export interface MintingAuth extends Auth {
  /**
   * Signs a token that `verify` of the same keys accepts.
   *
   * @param ttlSeconds - how long it is valid, in seconds: 1 to 315,360,000 (ten years)
   * @param jti - its id, by which it can be revoked; default random
   * @throws HeadraceError `bad_request` when a claim has the wrong shape
   */
  mint(claims: TokenClaims, ttlSeconds: number, jti?: string): Promise<string>
}

/** The longest token that is looked at, in characters; the same as in a `hello` frame. */
export const maxTokenChars = 16_384
