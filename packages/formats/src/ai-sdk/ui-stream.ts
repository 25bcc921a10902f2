import { cooled, foldView, type HiddenEvent, type Message, type SessionEvent, type SessionView } from '@headrace/core'
import { forVersion, type AiSdkVersion } from './for-version.ts'
import { RunChunks, runIn } from './run-chunks.ts'
import { isWaiting } from './run-state.ts'
import { UiMessages, type UiMessageOptions } from './to-ui-messages.ts'
import type { UiChunk, UiPart } from './ui-message.ts'

export interface UiStreamOptions extends UiMessageOptions {
  /** The session as the reader sees it. */
  readonly view: SessionView
  /** The run whose answer is told. */
  readonly run: string
  /** Messages that have left the view, oldest first: a long answer may have begun there. Default: none. */
  readonly older?: readonly Message[]
  /** What the reader has of the answer already and goes on with. Default: nothing, it is told from its beginning. */
  readonly base?: readonly UiPart[]
  /** What the reader understands. Default 7. */
  readonly version?: AiSdkVersion
}

/** One answer as the chunks of a UI message stream. */
export interface UiStream {
  /** The session after all that was pushed. */
  readonly view: SessionView
  /** There is nothing more to say. */
  readonly isOver: boolean
  /** What comes first: all that there is so far. Once. */
  begin(): readonly UiChunk[]
  /** What events of the session say, as the reader sees them: all of them, in order, after those of `view`. */
  push(events: readonly (SessionEvent | HiddenEvent)[]): readonly UiChunk[]
}

/**
 * Tells the answer of a run as chunks, from its first word on, whenever the reader comes.
 *
 * | of a session | as chunks |
 * |---|---|
 * | the first word of the run, or the first that it asks | `start` with the id of the run, the same for every reader |
 * | text, reasoning | `text-…`, `reasoning-…` `-start`, `-delta`, `-end` |
 * | what follows a tool's result | `start-step` before it |
 * | a tool call that waits for its client | `tool-input-available`, which makes the page run it |
 * | any other tool call | `tool-input-start`, `-delta`, then `tool-output-available` (`preliminary`) or `tool-output-error` |
 * | an approval, and the decision | `tool-approval-request`, `-response`, `tool-output-denied`; version 6 has no response |
 * | another request | a call named after it |
 * | source, file | `source-url`, `file` |
 * | data | `data-<name>`; `source-document`, and `custom` in version 7 |
 * | metadata | of the message: `start`, `message-metadata` |
 * | a step that begins again | `reset-step`; version 6 keeps what stood there |
 * | a part of one message after the next has begun | where it comes; who reads later has it with its message |
 * | the run waits for somebody | `finish` (`tool-calls`) |
 * | complete | `finish` (`stop`) |
 * | cancelled | `abort`, `finish` (`interrupted`; `other` in version 6) |
 * | failed, lost, budget | `error` with the reason |
 *
 * @example
 * ```ts
 * const stream = createUiStream({ view, run })
 * const chunks = [...stream.begin(), ...stream.push(log)]
 * ```
 */
export function createUiStream(options: UiStreamOptions): UiStream {
  return new RunStream(options)
}

class RunStream implements UiStream {
  readonly #run: string
  readonly #version: AiSdkVersion
  readonly #chunks: RunChunks
  /** What the run has said and the view no longer holds. */
  readonly #gone: Message[]
  view: SessionView
  isOver = false

  constructor({ view, run, older = [], base, version = 7, metadata }: UiStreamOptions) {
    this.view = view
    this.#run = run
    this.#version = version
    this.#gone = older.filter((message) => message.run === run)
    const messages = new UiMessages(metadata && { metadata })
    this.#chunks = new RunChunks({ run, messages, ...(base && { base }) })
  }

  begin(): readonly UiChunk[] {
    return this.#say()
  }

  push(events: readonly (SessionEvent | HiddenEvent)[]): readonly UiChunk[] {
    if (this.isOver) return []
    for (const event of events) {
      const before = this.view
      this.view = foldView(before, event)
      const hasCooled = this.view.older !== before.older || this.view.olderFor !== before.olderFor
      if (hasCooled && event.type !== 'hidden')
        this.#gone.push(...cooled(before, event).filter((message) => message.run === this.#run))
    }
    return this.#say()
  }

  #say(): readonly UiChunk[] {
    const { view } = this
    const run = runIn(view, this.#run)
    const waits = run !== undefined && run.status !== 'ended' && isWaiting(view, run)
    const messages = this.#gone.length === 0 ? view.messages : [...this.#gone, ...view.messages]
    const { chunks, isOver } = this.#chunks.next({ messages, view, waits })
    this.isOver = isOver
    return chunks.flatMap((chunk) => forVersion(chunk, this.#version) ?? [])
  }
}
