/**
 * Keeps the chat of a page as its session is: what others send, other tabs' turns, edits, answers to requests.
 *
 *   nothing streams   the chat's messages are those of the session; if a run goes on, the chat is told to resume, so that
 *                     its status and its stop are about that run, whoever asked for it
 *   a run streams     its answer belongs to the stream; everything else is kept as the session has it
 *   somebody sends    hands off, until the session has it
 */
import { systemClock } from '../clock.ts'
import type { ChatLink } from './chat-link.ts'
import type { UiMessage } from '@headrace/formats/ai-sdk'

export type ChatStatus = 'submitted' | 'streaming' | 'ready' | 'error'

/** What is needed of a chat: an `AbstractChat` of `ai` has it. */
export interface SyncedChat<Message extends { readonly id: string }> {
  readonly id: string
  readonly status: ChatStatus
  messages: Message[]
  /** For frameworks whose `messages` are those of the last rendering: how to change what the chat has. */
  setMessages?(change: (messages: Message[]) => Message[]): void
  resumeStream(): Promise<void>
}

/** A chat that is kept as its session is. */
export interface ChatSync {
  /** The chat has changed: it is ready again, or somebody has answered in it. */
  update(): void
  /** The page no longer shows the chat; what runs goes on. Idempotent. */
  close(): void
}

/** So often a chat is looked at that still reads what its stream has said. */
const settleMs = 20

export class LinkSync implements ChatSync {
  readonly #link: ChatLink
  readonly #chat: SyncedChat<UiMessage>
  readonly #stop: readonly (() => void)[]
  #isResuming = false
  /** A run whose stream the chat could not read. */
  #failed: string | undefined
  #closed = false
  #cancelLook: () => void = () => undefined

  constructor(link: ChatLink, chat: SyncedChat<UiMessage>) {
    this.#link = link
    this.#chat = chat
    this.#stop = [link.enter(), link.session.subscribe(() => this.update()), link.onChange(() => this.#lookSoon(0))]
    this.update()
  }

  update(): void {
    const { session, following, isSending, answers } = this.#link
    const snapshot = session.getSnapshot()
    if (this.#closed || snapshot.view.seq === 0 || isSending) return
    // A refusal is reported; the messages then show what the session has.
    void answers.send(this.#chat.messages).catch(() => undefined)
    const desired = this.#link.uiMessages.of(snapshot)
    // The answer of a run has its id.
    if (following.length > 0) return this.#show(desired, snapshot.hasOlder, new Set(following))
    this.#show(desired, snapshot.hasOlder, new Set())
    const { status } = this.#chat
    if (status === 'submitted' || status === 'streaming') return this.#lookSoon(settleMs)
    const run = this.#link.nextRun(snapshot.view)
    if (run && !this.#isResuming && run.id !== this.#failed && snapshot.status === 'live') this.#resume(run.id)
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#cancelLook()
    for (const stop of this.#stop) stop()
  }

  #show(desired: readonly UiMessage[], hasOlder: boolean, streamed: ReadonlySet<string>): void {
    const chat = this.#chat
    const merge = (current: readonly UiMessage[]): UiMessage[] => this.#merge(current, desired, hasOlder, streamed)
    const next = merge(chat.messages)
    // Set where that changes something only: it makes a page render.
    if (next.length === chat.messages.length && next.every((message, at) => message === chat.messages[at])) return
    if (chat.setMessages) chat.setMessages(merge)
    else chat.messages = next
  }

  #merge(
    current: readonly UiMessage[],
    desired: readonly UiMessage[],
    hasOlder: boolean,
    streamed: ReadonlySet<string>,
  ): UiMessage[] {
    const had = new Map(current.map((message) => [this.#link.serverId(message.id), message]))
    const shown = desired.flatMap((message) => {
      const own = had.get(message.id)
      if (streamed.has(message.id)) return own ? [own] : []
      // The page shows an answer at once; until it has arrived the session does not.
      return own && own.id === message.id && this.#link.answers.isSending(own) ? [own] : [message]
    })
    return [...this.#before(current, desired, hasOlder), ...shown]
  }

  /** Messages that the page was given and that this client has not loaded. */
  #before(current: readonly UiMessage[], desired: readonly UiMessage[], hasOlder: boolean): readonly UiMessage[] {
    if (!hasOlder) return []
    const ids = new Set(desired.map(({ id }) => id))
    return current.slice(
      0,
      Math.max(
        0,
        current.findIndex(({ id }) => ids.has(this.#link.serverId(id))),
      ),
    )
  }

  #resume(run: string): void {
    this.#isResuming = true
    void this.#chat.resumeStream().finally(() => {
      this.#isResuming = false
      const { view } = this.#link.session.getSnapshot()
      // It would fail again; what the session says of the run is shown all the same.
      const isOpen = view.runs.some(({ id, status }) => id === run && status !== 'ended')
      this.#failed = this.#chat.status === 'error' && isOpen ? run : undefined
      this.#lookSoon(0)
    })
  }

  #lookSoon(ms: number): void {
    if (this.#closed) return
    this.#cancelLook()
    this.#cancelLook = systemClock.after(ms, () => this.update())
  }
}
