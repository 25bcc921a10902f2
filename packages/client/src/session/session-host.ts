import type { Actor, CommandBody, HeadraceError, SessionId, Up } from '@headrace/core'
import type { Clock } from '../clock.ts'
import type { Backoff } from '../net/backoff.ts'
import type { ConnectionStatus } from '../net/status.ts'
import type { Submission } from '../outbox.ts'
import type { MessagePage } from './older-messages.ts'

/** What a session needs of its client. */
export interface SessionHost {
  readonly clock: Clock
  readonly status: ConnectionStatus
  readonly onStatus: (listener: () => void) => () => void
  /** Who the server said we are, when it last did. */
  readonly actor: Actor | undefined
  readonly onError: (error: HeadraceError) => void
  readonly device: string
  readonly label: string | undefined
  send(frame: Up): boolean
  submit(session: SessionId, body: CommandBody, id?: string): Submission
  messages(session: SessionId, before: number, limit: number): Promise<MessagePage>
  backoff(): Backoff
  /** Drops the connection: something on it can't be put right. */
  drop(error: HeadraceError): void
  /** A session is followed, or is no longer. */
  followed(session: SessionId, on: boolean): void
}
