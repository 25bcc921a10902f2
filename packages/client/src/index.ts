export { connect } from './connect.ts'
export { type Client, type ConnectOptions, type Me, type PageQuery } from './client.ts'
export { systemClock, type Clock } from './clock.ts'
export { type BackoffOptions } from './net/backoff.ts'
export { type ConnectionOptions } from './net/connection.ts'
export { type ConnectionStatus } from './net/status.ts'
export { type TokenSource } from './net/tokens.ts'
export { type Accepted } from './outbox.ts'
export { type Content, type PostInput, type SendInput } from './session/input.ts'
export {
  type PendingCommand,
  type RegenerateOptions,
  type Session,
  type SessionOptions,
  type SessionSnapshot,
  type SessionStatus,
} from './session/session.ts'
