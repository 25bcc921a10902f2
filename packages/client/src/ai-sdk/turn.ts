/**
 * One run as the stream of chunks that a chat reads.
 *
 *   following ──the run ends, or waits for an answer──▶ closed
 *             ──the reader cancels, or stops──▶ released
 *
 * It reads the session and not its events: at every read it says what the chat still lacks. So nothing happens here when
 * a connection breaks; the session goes on by itself, and a slow reader gets larger pieces and holds up nobody.
 */
import {
  RunChunks,
  callOf,
  isBehindWaiting,
  isWaiting,
  openRequests,
  type UiChunk,
  type UiMessages,
  type UiPart,
  type UiToolPart,
} from '@headrace/formats/ai-sdk'
import type { Request } from '@headrace/core'
import type { Session } from '../session/session.ts'

export interface TurnOptions {
  readonly session: Session
  readonly run: string
  readonly messages: UiMessages
  /** What the chat has of the answer already and goes on with. Default: nothing, it is told from the beginning. */
  readonly base?: readonly UiPart[]
  /** Whether this tool is run by one page only, and by which. */
  readonly tools: ClaimedTools
  /** Whether somebody reads it again from its beginning when it ends before its run does. */
  readonly mayReplay: () => boolean
  /** It is over, for whatever reason. */
  readonly onEnd: () => void
}

/** Tools that pages run by themselves, each call in one of them. */
export interface ClaimedTools {
  has(name: string): boolean
  /** Tries to take a call for this page; calls back when that is decided. */
  claim(request: Request): 'trying' | 'mine' | 'lost'
  onChange(listener: () => void): () => void
}

export class Turn {
  readonly #options: TurnOptions
  readonly #stop: readonly (() => void)[]
  readonly #chunks: RunChunks
  #over = false
  #cancelled = false
  #wake: () => void = () => undefined

  constructor(options: TurnOptions) {
    this.#options = options
    const { run, messages, base, mayReplay } = options
    this.#chunks = new RunChunks({ run, messages, mayReplay, ...(base && { base }) })
    const wake = (): void => this.#wake()
    this.#stop = [options.session.subscribe(wake), options.tools.onChange(wake)]
  }

  get run(): string {
    return this.#options.run
  }

  stream(): ReadableStream<UiChunk> {
    return new ReadableStream<UiChunk>(
      {
        pull: async (controller) => {
          while (!this.#over) {
            // Set up before looking: what changes in between wakes it.
            const changed = new Promise<void>((resolve) => (this.#wake = resolve))
            const { status, error } = this.#options.session.getSnapshot()
            if (status === 'failed') {
              this.release()
              return controller.error(error)
            }
            const chunks = this.#next()
            for (const chunk of chunks) controller.enqueue(chunk)
            if (this.#over) return controller.close()
            if (chunks.length > 0) return
            await changed
          }
          if (!this.#cancelled) controller.close()
        },
        cancel: () => {
          this.#cancelled = true
          this.release()
        },
      },
      // Nothing is made before it is read.
      { highWaterMark: 0 },
    )
  }

  /** Nobody reads any more. The run goes on. Idempotent. */
  release(): void {
    if (this.#over) return
    this.#over = true
    for (const stop of this.#stop) stop()
    this.#wake()
    this.#options.onEnd()
  }

  #next(): readonly UiChunk[] {
    const { session, run: id, mayReplay } = this.#options
    const { messages, view } = session.getSnapshot()
    const run = view.runs.find((candidate) => candidate.id === id)
    const asks = run !== undefined && run.status !== 'ended' && isWaiting(view, run) && !this.#mayClaim()
    // Whoever is to answer for the run before it does so in a chat that is `ready`.
    const waits = asks || (run !== undefined && mayReplay() && isBehindWaiting(view, run))
    const { chunks, isOver } = this.#chunks.next({ messages, view, waits, show: (part) => this.#held(part) })
    if (isOver) this.release()
    return chunks
  }

  /** A call that another page may be running looks as if its input were still on its way. */
  #held(part: UiPart): UiPart {
    if (!('toolCallId' in part) || part.state !== 'input-available') return part
    const { tools } = this.#options
    if (!tools.has(part.type.slice('tool-'.length))) return part
    const request = this.#requestOf(part)
    if (request && tools.claim(request) === 'mine') return part
    const { type, toolCallId, input } = part
    return { type, toolCallId, state: 'input-streaming', rawInput: JSON.stringify(input) }
  }

  #requestOf({ toolCallId }: UiToolPart): Request | undefined {
    const { session, run } = this.#options
    const open = openRequests(session.getSnapshot().view, run)
    return open.find((request) => request.id === toolCallId || callOf(request) === toolCallId)
  }

  /** Whether it is still being decided which page runs a tool. */
  #mayClaim(): boolean {
    const { session, run, tools } = this.#options
    const open = openRequests(session.getSnapshot().view, run)
    return open.some(
      (request) => request.spec.kind === 'tool' && tools.has(request.spec.name) && tools.claim(request) === 'trying',
    )
  }
}
