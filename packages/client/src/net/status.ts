import type { Actor, HeadraceError } from '@headrace/core'

/** How a client or worker stands with its server. */
export type ConnectionStatus =
  | { readonly state: 'connecting' }
  | {
      readonly state: 'online'
      /** Who the server says we are. */
      readonly actor: Actor
      readonly name?: string
      /** The server process: changes when it restarts. */
      readonly node: string
    }
  | {
      readonly state: 'offline'
      /** When the next attempt is made, milliseconds since 1970; `null` while it was told to stay offline, or nothing has needed it. */
      readonly retryAt: number | null
      /** Why the last connection ended or could not be made. */
      readonly error?: HeadraceError
    }
  | {
      readonly state: 'closed'
      /** Set when it was not closed by the application but can't go on, as with a token that the server does not know. */
      readonly error?: HeadraceError
    }
