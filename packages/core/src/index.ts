export { type Json, type JsonObject } from './json.ts'
export { HeadraceError, errorTable, type ErrorCode, type ErrorRow, type RetryAdvice, type WireError } from './errors.ts'
export {
  actorId,
  actorKind,
  agentName,
  clientId,
  participant,
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
export {
  array,
  boolean,
  integer,
  json,
  jsonObject,
  nullable,
  object,
  oneOf,
  onlyTrue,
  optional,
  string,
  tagged,
  type Schema,
} from './schema.ts'
export { audience, audienceKey, sees, type Audience, type Reader } from './audience.ts'
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
  type Gap,
  type HiddenEvent,
  type Retention,
  type Role,
  type SendPolicy,
  type SessionEvent,
  type SessionSettings,
  type SettingsChange,
  type Unwatched,
} from './events.ts'
export { eventTypes, isEventType } from './event-types.ts'
export { addUsage, type Budget, type Measure, type Spent, type Usage } from './usage.ts'
export {
  isOpen,
  type Answer,
  type Answerers,
  type Request,
  type RequestKind,
  type RequestSpec,
  type RequestStatus,
} from './request.ts'
export { PatchFailure, applyPatch, type JsonPatch, type JsonPatchOp } from './json-patch.ts'
export { canonical } from './canonical.ts'
export { sha256 } from './sha256.ts'
export { schemaFault, valueFault } from './answer-schema.ts'
export { blankEvent, blankMessage, blankPart, carries } from './blank.ts'
export {
  emptyView,
  type ActiveRun,
  type Cursor,
  type EndedRun,
  type Floor,
  type Message,
  type MessageStatus,
  type Presence,
  type QueuedRun,
  type Run,
  type RunBase,
  type SessionView,
  type SharedDocument,
  type Steer,
  type SuspendedRun,
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
export { emptyState, type Guard, type Hold, type Notice, type SessionState } from './state.ts'
export { cooled, fold, foldView } from './fold.ts'
export { isRaw } from './fold/guard.ts'
export { decide, lookups, type DecideOptions, type Decision, type Told } from './decide.ts'
export { mayAnswer } from './decide/requests.ts'
export { isHeld } from './decide/steer.ts'
export { deliveryTries } from './decide/system.ts'
export { claimable } from './decide/work.ts'
export { nextDue } from './decide/time.ts'
export { cancelGraceMs } from './decide/cancel.ts'
export { sameRow, sessionRow } from './session-row.ts'
export {
  AppendConflict,
  type AppendBatch,
  type Compaction,
  type Durability,
  type InboxEntry,
  type InboxQuery,
  type ListPage,
  type ListQuery,
  type MessageRow,
  type ReadLimits,
  type Redaction,
  type SearchHit,
  type SearchPage,
  type SearchQuery,
  type SearchWords,
  type SessionRow,
  type Snapshot,
  type Store,
  type StoreCapabilities,
  type StoredBlob,
} from './store.ts'
export {
  commandRequest,
  protocolVersion,
  subprotocol,
  up,
  type CommandRequest,
  type Down,
  type Ephemeral,
  type HeldRun,
  type Outcome,
  type ResetReason,
  type RunSignal,
  type Up,
} from './wire.ts'
export { branch, isBusy, textOf, totalUsage, versions } from './select.ts'
export { hasPrivate, visibleEvent, visibleMessage, visibleView } from './visible.ts'
export { promptView, type PromptMessage, type PromptOptions, type PromptPart } from './prompt-view.ts'
export { chainStart, leafOf, linkAfter, type Hash } from './chain.ts'
export {
  ExportWriter,
  exportVersion,
  type ExportCounts,
  type ExportEnd,
  type ExportHeader,
  type HiddenLine,
} from './export-lines.ts'
export { verifyExport, type ExportReport, type Verification } from './verify-export.ts'
export { type FoundMessage, type FoundPage, type InboxItem, type InboxPage } from './across.ts'
export { queryWords, searchWords, wordsOf } from './words.ts'
export { defaultContentType, isJsonType, isTextType, mediaType, readContentType } from './stream/content-type.ts'
export { beginningOf, jsonContent, type StreamContent } from './stream/content.ts'
export { decideStream, type StreamMoment } from './stream/decide.ts'
export { foldStream } from './stream/fold.ts'
export { readTime } from './stream/rfc3339.ts'
export { endOfLife, readTtl, streamStatus, useLagMs } from './stream/life.ts'
export { formatOffset, parseOffset } from './stream/offset.ts'
export { noStream, type StreamState } from './stream/state.ts'
export { streamLimits } from './stream/limits.ts'
export { type StreamAnswer, type StreamCommand, type StreamDecision } from './stream/commands.ts'
export {
  type ProducerMark,
  type StreamEvent,
  type StreamLife,
  type StreamOrigin,
  type StreamSegment,
} from './stream/events.ts'
export { decideSubscription, maxLinks, nothingToClaim, type SubscriptionAnswer } from './subscription/decide.ts'
export { foldSubscription } from './subscription/fold.ts'
export { fitsPattern } from './subscription/pattern.ts'
export { noSubscription, subscriptionDue, type SubscriptionState } from './subscription/state.ts'
export { type SubscriptionCommand, type Tails } from './subscription/commands.ts'
export { type Ack, type NewLink, type SubscriptionConfig, type SubscriptionEvent } from './subscription/events.ts'
