import type { Answer, Json, JsonObject, PromptMessage, RequestSpec, RunId, SessionId } from '@headrace/core'
import type { Chunk, SseEvent } from '@headrace/formats'

/** What an endpoint is told of a run. */
export interface Conversation {
  readonly session: SessionId
  readonly run: RunId
  readonly attempt: number
  /** As a model should be given it; the input last, or what this run has written so far. */
  readonly messages: readonly PromptMessage[]
  /** Decisions on calls of this run, by the id of the call. */
  readonly approvals: ReadonlyMap<string, Approval>
  /** Calls of this run that have no result, and wait for nobody here. */
  readonly pending: ReadonlySet<string>
  /** Interrupts that ended the call before, by the endpoint's name for them; `undefined`: withdrawn. */
  readonly interrupts: ReadonlyMap<string, Answer | undefined>
}

/** What somebody has decided. */
export interface Approval {
  /** The endpoint's name of what was asked. */
  readonly id: string
  readonly approved: boolean
  readonly reason?: string
  /** What came with the question. */
  readonly extra: JsonObject
  /** The endpoint was not told yet, or not by a call that is known to have ended. */
  readonly isNew: boolean
}

/** What the endpoint waits for, now that its stream has ended. */
export type Ask =
  | {
      readonly type: 'approval'
      /** The endpoint's name of what is asked. */
      readonly id: string
      readonly callId: string
      readonly name: string
      readonly input: Json
      readonly reason?: string
      /** Goes back with the answer as it came. */
      readonly extra: JsonObject
    }
  /** A tool that runs on a client. */
  | { readonly type: 'tool'; readonly callId: string; readonly name: string; readonly input: Json }
  /** Anything else that the endpoint has a name for. */
  | { readonly type: 'interrupt'; readonly id: string; readonly spec: RequestSpec }

/** Reads one answer. */
export interface AnswerReader {
  /** @throws HeadraceError `upstream_failed` when the stream says that it failed, or says what it may not */
  push(event: SseEvent): readonly Chunk[]
  /** @throws HeadraceError `upstream_failed` when it ended before it was complete */
  end(): readonly Chunk[]
  /** Whether all has been said. */
  readonly isOver: boolean
  /** What it waits for beside calls that have no result. */
  readonly asks: readonly Ask[]
  /** Calls without a result that nobody here can make up for: the provider runs them itself. */
  readonly elsewhere: ReadonlySet<string>
}

/** How to talk with an endpoint. */
export interface WireFormat {
  /** Sent with each call, unless the registration says otherwise. */
  readonly headers?: Readonly<Record<string, string>>
  /** Fields of the body that the registration may say otherwise. */
  readonly defaults?: JsonObject
  /** Media types of answers. */
  readonly accept: readonly string[]
  body(conversation: Conversation): JsonObject
  /** For the answer to one body. */
  read(body: JsonObject): AnswerReader
}
