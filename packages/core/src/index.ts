export { type Json, type JsonObject } from './json.ts'
export { HeadraceError, errorTable, type ErrorCode, type ErrorRow, type RetryAdvice, type WireError } from './errors.ts'
export {
  actorId,
  actorKind,
  agentName,
  clientId,
  serverId,
  sessionId,
  sessionKey,
  splitKey,
  tenantId,
  type Actor,
  type ActorKind,
  type AgentName,
  type MessageId,
  type RunId,
  type SessionId,
  type SessionKey,
} from './ids.ts'
export { array, boolean, integer, object, oneOf, onlyTrue, optional, string, type Schema } from './schema.ts'
export { defaultSessionLimits, hot, type SessionLimits } from './limits.ts'
export {
  type DataPart,
  type FilePart,
  type Part,
  type PartFields,
  type PartKind,
  type PartStart,
  type PartStatus,
  type ReasoningPart,
  type SourcePart,
  type TextPart,
  type ToolPart,
} from './parts.ts'
export {
  type EndReason,
  type EventData,
  type EventEnvelope,
  type EventOf,
  type EventType,
  type Role,
  type SendPolicy,
  type SessionEvent,
  type SessionSettings,
  type Usage,
} from './events.ts'
export {
  emptyView,
  type ActiveRun,
  type EndedRun,
  type Message,
  type MessageStatus,
  type Presence,
  type QueuedRun,
  type Run,
  type SessionView,
} from './view.ts'
export { allows, matches, mayWorkAs, systemGrant, verbs, type Capability, type Grant, type Verb } from './grant.ts'
export {
  commandBody,
  lease,
  sessionSettings,
  type CancelTarget,
  type Command,
  type CommandBody,
  type CommandType,
  type SystemCommandBody,
  type WriteOp,
} from './commands.ts'
export { emptyState, type Guard, type Hold, type SessionState } from './state.ts'
export { cooled, fold, foldView } from './fold.ts'
export { decide, lookups, type DecideOptions, type Decision } from './decide.ts'
export { claimable } from './decide/work.ts'
export { nextDue } from './decide/time.ts'
export { cancelGraceMs } from './decide/cancel.ts'
export { sameRow, sessionRow } from './session-row.ts'
export {
  AppendConflict,
  type AppendBatch,
  type Compaction,
  type Durability,
  type ListPage,
  type ListQuery,
  type MessageRow,
  type ReadLimits,
  type SessionRow,
  type Snapshot,
  type Store,
  type StoreCapabilities,
} from './store.ts'
export {
  commandRequest,
  protocolVersion,
  subprotocol,
  up,
  type CommandRequest,
  type Down,
  type HeldRun,
  type Outcome,
  type Up,
} from './wire.ts'
export { branch, isBusy, textOf, versions } from './select.ts'
