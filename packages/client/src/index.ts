export { connect } from './connect.ts'
export {
  type Client,
  type ClientOptions,
  type ConnectOptions,
  type EventPage,
  type EventsQuery,
  type Fork,
  type ForkOptions,
  type Me,
  type MessagesQuery,
  type PageQuery,
  type PushTarget,
  type Revocation,
  type SessionsQuery,
  type SharedLink,
  type ShareOptions,
  type TicketOptions,
  type ViewQuery,
} from './client.ts'
export { systemClock, type Clock } from './clock.ts'
export { type BackoffOptions } from './net/backoff.ts'
export { createLocalOutbox, type LocalOutboxOptions } from './local-outbox.ts'
export { type ConnectionOptions, type TokenOptions } from './net/connection.ts'
export { type ConnectionStatus } from './net/status.ts'
export { type TicketSource, type TokenSource } from './net/tokens.ts'
export { type OutboxStorage, type StoredCommand } from './outbox-storage.ts'
export { type Accepted } from './outbox.ts'
export { type ClientTool, type ClientToolCall } from './session/client-tools.ts'
export { type MessagePage } from './session/older-messages.ts'
export { type Content, type PostInput, type SendInput } from './session/input.ts'
export {
  type CommandOptions,
  type PatchOptions,
  type RedactOptions,
  type RegenerateOptions,
  type RequestRef,
  type SessionActions,
  type SessionChange,
  type SteerOptions,
  type TakeFloorOptions,
} from './session/session-actions.ts'
export {
  type EphemeralSignal,
  type PendingCommand,
  type Session,
  type SessionOptions,
  type SessionSnapshot,
  type SessionStatus,
} from './session/session.ts'
