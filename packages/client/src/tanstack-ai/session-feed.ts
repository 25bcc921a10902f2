/** All runs of a session as chunks for a chat: those that it asked for, and those of other tabs and people. */
import { branch, foldView, type MessageId, type SessionEvent, type SessionView } from '@headrace/core'
import { toAgUiMessages, type AgUiEvent } from '@headrace/formats/ag-ui'
import { RunFeed, type RunFeedOptions } from './run-feed.ts'
import type { Session } from '../session/session.ts'

/** What the chat has sent itself: it shows that already. */
export interface OwnCommands {
  /** The id of the chat's run that a command asked for. */
  runOf(command: string): string | undefined
  isOwn(command: string): boolean
}

export interface SessionFeedOptions {
  readonly session: Session
  readonly own: OwnCommands
  readonly actor: () => SessionView['createdBy'] | undefined
  /** Tells the chat, of which run. */
  readonly emit: (events: readonly AgUiEvent[], run?: string) => void
  /** Runs that are told elsewhere. */
  readonly isTaken: (run: string) => boolean
}

export class SessionFeed {
  readonly #options: SessionFeedOptions
  readonly #feeds = new Map<string, RunFeed>()
  /** The ids by which the chat knows runs that it asked for. */
  readonly #runIds = new Map<string, string>()
  #view: SessionView

  constructor(options: SessionFeedOptions, view: SessionView) {
    this.#options = options
    this.#view = view
    this.#takeUp()
  }

  /** A snapshot came in place of events. */
  reset(view: SessionView): void {
    if (view.seq <= this.#view.seq) return
    this.#view = view
    const running = [...this.#feeds.keys()]
    this.#feeds.clear()
    // What came between is not known: each run is told again, and the chat puts it where it was.
    for (const run of running) this.#begin(run, 'whole')
    this.#takeUp()
  }

  push(event: SessionEvent): void {
    if (event.seq <= this.#view.seq) return
    this.#view = foldView(this.#view, event)
    for (const feed of this.#feeds.values()) this.#tell(feed, feed.push(event))
    if (event.type === 'message.added') this.#showMessage(event)
    if (event.type === 'run.queued' && event.data.parent === undefined) {
      const runId = event.cmd === undefined ? undefined : this.#options.own.runOf(event.cmd)
      if (runId !== undefined) this.#runIds.set(event.data.id, runId)
      this.#begin(event.data.id, 'whole')
    }
  }

  /** Tells all that there is: what was said, then each run that is under way from its beginning. */
  retell(): void {
    const { messages, runs, head } = this.#view
    const open = new Set(runs.filter(({ status }) => status !== 'ended').map(({ id }) => id))
    const said = branch(messages, head).filter(
      ({ run, role }) => role === 'user' || run === undefined || !open.has(run),
    )
    this.#feeds.clear()
    this.#options.emit([{ type: 'MESSAGES_SNAPSHOT', messages: toAgUiMessages(said) }])
    this.#takeUp()
  }

  /** The run is told elsewhere from here on, from its beginning. */
  release(run: string): void {
    this.#feeds.delete(run)
  }

  /** The chat resumes the run that asked for this: it goes on under a new id. */
  resume(run: string, runId: string): void {
    const feed = this.#feeds.get(run)
    this.#runIds.set(run, runId)
    if (feed) this.#tell(feed, feed.resume(runId))
    else {
      this.#begin(run, 'rest')
      const begun = this.#feeds.get(run)
      if (begun) this.#tell(begun, begun.resume(runId))
    }
  }

  /** Runs that are under way already. */
  #takeUp(): void {
    for (const { id, status, parent } of this.#view.runs)
      if (status !== 'ended' && parent === undefined && !this.#feeds.has(id)) this.#begin(id, 'whole')
  }

  #begin(run: string, from: RunFeedOptions['from']): void {
    const { session, actor, isTaken } = this.#options
    if (isTaken(run)) return
    const runId = this.#runIds.get(run)
    const about = { threadId: session.id, view: this.#view, run, actor: actor() ?? undefined, from }
    const feed = new RunFeed({ ...about, ...(runId !== undefined && { runId }) })
    this.#feeds.set(run, feed)
    this.#tell(feed, feed.begin())
  }

  #tell(feed: RunFeed, events: readonly AgUiEvent[]): void {
    if (feed.isOver) {
      this.#feeds.delete(feed.run)
      this.#runIds.delete(feed.run)
    }
    this.#options.emit(events, feed.run)
  }

  /** What others say; what the chat said itself it shows by itself. */
  #showMessage({ data, cmd }: Extract<SessionEvent, { readonly type: 'message.added' }>): void {
    if (cmd !== undefined && this.#options.own.isOwn(cmd)) return
    if (data.role !== 'user') return
    this.#options.emit(said(this.#view, data.id))
  }
}

function said(view: SessionView, messageId: MessageId): readonly AgUiEvent[] {
  const message = view.messages.findLast(({ id }) => id === messageId)
  const text = message?.parts.map((part) => (part.kind === 'text' ? part.text : '')).join('') ?? ''
  const name = message?.name !== undefined && { name: message.name }
  return [
    { type: 'TEXT_MESSAGE_START', messageId, role: 'user', ...name },
    ...(text === '' ? [] : [{ type: 'TEXT_MESSAGE_CONTENT' as const, messageId, delta: text }]),
    { type: 'TEXT_MESSAGE_END', messageId },
  ]
}
