import {
  HeadraceError,
  branch,
  canonical,
  isOpen,
  mayAnswer,
  sha256,
  type Actor,
  type AgentName,
  type MessageId,
  type PartStart,
  type SessionSettings,
  type SessionView,
} from '@headrace/core'
import { fromResume, toInterrupt, type AgUiEvent, type AgUiResume } from '@headrace/formats/ag-ui'
import type { RunAgentInputContext, SubscribeConnectionAdapter, UIMessage } from '@tanstack/ai-client'
import { ChunkQueue } from './chunk-queue.ts'
import { RunFeed, bound } from './run-feed.ts'
import { SessionFeed } from './session-feed.ts'
import { toUiMessages } from './to-ui-messages.ts'
import type { Client } from '../client.ts'
import type { Session, SessionSnapshot } from '../session/session.ts'

type Subscribe = SubscribeConnectionAdapter['subscribe']
type Chunk = ReturnType<Subscribe> extends AsyncIterable<infer C> ? C : never
type Hydration = Awaited<ReturnType<NonNullable<SubscribeConnectionAdapter['hydrate']>>>

export interface TanStackConnectionOptions {
  /** Made by `connect`; whoever made it closes it. */
  readonly client: Client
  /** Id of the session: the thread of the chat. */
  readonly session: string
  /** With what the session is made when the first message is sent. Default: the server's defaults. */
  readonly settings?: SessionSettings
  /** Who shall answer. Default: the session's agent. */
  readonly agent?: AgentName
}

/** A connection for a chat of TanStack AI. */
export interface TanStackConnection extends Required<SubscribeConnectionAdapter> {
  /** Stops all that the session works on. A chat that stops reading, or a page that is left, stops nothing. */
  stop(): Promise<void>
}

/** Commands of this page that are remembered, so that the chat is not told what it said itself. */
const maxOwn = 1_024

/**
 * Makes a connection for `ChatClient` of `@tanstack/ai-client`, and so for `useChat` of its frameworks: the chat is a
 * durable session.
 *
 * - A lost connection is no error: the stream goes on where it was when the network is back.
 * - With `persistence: true` a reload shows the session, and goes on with the answer that is under way.
 * - What other tabs and people say, and what agents answer them, comes by itself while the chat is subscribed.
 * - Approvals and questions are generic interrupts: `{ approved: true }`, or the answer. Whoever answers first, on whatever
 *   device, has answered.
 * - Only the message that somebody sends is uploaded, once; `reload()` makes another version of the answer.
 *
 * @example
 * ```ts
 * const connection = createTanStackConnection({ client, session: 'support/42' })
 * const chat = new ChatClient({ connection, threadId: 'support/42', persistence: true })
 * await chat.sendMessage('Hello')
 * ```
 */
export function createTanStackConnection(options: TanStackConnectionOptions): TanStackConnection {
  return new Connection(options)
}

class Connection implements TanStackConnection {
  readonly #options: TanStackConnectionOptions
  readonly #session: Session
  /** Commands that the chat has sent, and its runs that they asked for. */
  readonly #own = new Map<string, string | undefined>()
  /** Messages of the chat by the ids that the session gave them. */
  readonly #aliases = new Map<string, MessageId>()
  readonly #joined = new Set<string>()
  readonly #feeds = new Map<SessionFeed, ChunkQueue<Chunk>>()
  #subscriptions = 0
  #sending = 0
  /** Somebody who is subscribed asked for what there is: they get it in order with what comes. */
  #isWanted = false

  constructor(options: TanStackConnectionOptions) {
    this.#options = options
    this.#session = options.client.session(options.session)
  }

  readonly subscribe: Subscribe = (signal) => {
    const queue = new ChunkQueue<Chunk>(signal)
    this.#subscriptions += 1
    signal?.addEventListener('abort', () => (this.#subscriptions -= 1), { once: true })
    void this.#follow(queue, signal)
    return queue
  }

  async #follow(queue: ChunkQueue<Chunk>, signal: AbortSignal | undefined): Promise<void> {
    try {
      const early: Parameters<SessionFeed['push']>[0][] = []
      const told: { feed?: SessionFeed } = {}
      const stops = [
        this.#session.onEvent((event) => (told.feed ? told.feed.push(event) : early.push(event))),
        this.#session.onSnapshot((view) => told.feed?.reset(view)),
      ]
      signal?.addEventListener('abort', () => {
        for (const stop of stops) stop()
        if (told.feed) this.#feeds.delete(told.feed)
      })
      const { view } = await this.#ready(signal)
      const feed = new SessionFeed(
        {
          session: this.#session,
          actor: () => this.#options.client.actor,
          own: { runOf: (command) => this.#own.get(command), isOwn: (command) => this.#own.has(command) },
          emit: (events, run) => queue.push(toChunks(events), run),
          isTaken: (run) => this.#joined.has(run),
        },
        view,
      )
      told.feed = feed
      this.#feeds.set(feed, queue)
      for (const event of early) feed.push(event)
      if (this.#isWanted) this.#retell()
    } catch (thrown) {
      if (!signal?.aborted) queue.fail(HeadraceError.from(thrown))
    }
  }

  readonly send: SubscribeConnectionAdapter['send'] = async (messages, _data, signal, context) => {
    const { resume } = context ?? {}
    if (resume && resume.length > 0) {
      await this.#answer(resume as readonly AgUiResume[], context?.runId) // what JSON can hold
      return
    }
    const last = messages.findLast(({ role }) => role === 'user')
    if (!last || !('parts' in last)) throw new HeadraceError('bad_request', 'There is no message to send.')
    this.#sending += 1
    try {
      await this.#say(last, context, signal)
    } finally {
      this.#sending -= 1
    }
    // The chat waits for the end of its run, which may be on its way.
    if (this.#isWanted) this.#retell('and what waits')
  }

  async #say(message: UIMessage, context: RunAgentInputContext | undefined, signal?: AbortSignal): Promise<void> {
    const { settings, agent } = this.#options
    const { view } = await this.#ready(signal)
    if (view.seq === 0) await this.#session.create(settings)
    await this.#session.until(({ status }) => status === 'live', signal && { signal })
    const runId = context?.runId
    const input = this.#aliases.get(message.id) ?? message.id
    if (this.#session.getSnapshot().view.messages.some(({ id }) => id === input)) {
      await this.#session.regenerate(input, agent === undefined ? {} : { agent })
      return
    }
    const command = `tanstack.${sha256(canonical([this.#session.id, message.id]))}`
    this.#remember(command, runId)
    const parts = fromUiParts(message)
    const { seq } = await this.#session.send({ parts, ...(agent !== undefined && { agent }) }, { id: command })
    const after = await this.#session.until((snapshot) => snapshot.view.seq >= seq, signal && { signal })
    const sent = after.view.messages.findLast((each) => each.role === 'user' && each.seq <= seq)
    if (!sent) return
    this.#aliases.set(message.id, sent.id)
    // Where it steers a run that is at work there is none of its own to wait for.
    if (runId !== undefined && !after.view.runs.some((run) => run.input === sent.id))
      this.#tellAll(nothing(runId, this.#session.id))
  }

  async #answer(entries: readonly AgUiResume[], runId: string | undefined): Promise<void> {
    const { view } = await this.#ready()
    const asked = entries.map((entry) => ({ entry, request: view.requests.find(({ id }) => id === entry.interruptId) }))
    const run = asked.find(({ request }) => request)?.request?.run
    for (const { entry, request } of asked) {
      if (!request || !isOpen(request)) continue
      try {
        await this.#session.answer(request, fromResume(request, entry))
      } catch (thrown) {
        // Somebody was faster: what comes of their answer is what comes.
        if (!(thrown instanceof HeadraceError) || thrown.code !== 'request_closed') throw thrown
      }
    }
    if (runId === undefined) return
    const top = run === undefined ? undefined : topOf(view, run)
    if (top === undefined) this.#tellAll(nothing(runId, this.#session.id))
    else for (const feed of this.#feeds.keys()) feed.resume(top, runId)
  }

  readonly joinRun: Required<SubscribeConnectionAdapter>['joinRun'] = (runId, signal) => {
    const queue = new ChunkQueue<Chunk>(signal)
    void this.#join(runId, queue, signal)
    return queue
  }

  async #join(run: string, queue: ChunkQueue<Chunk>, signal: AbortSignal | undefined): Promise<void> {
    this.#joined.add(run)
    for (const [feed, told] of this.#feeds) {
      feed.release(run)
      told.drop(run)
    }
    const ended = Promise.withResolvers<void>()
    const early: Parameters<RunFeed['push']>[0][] = []
    let push = (event: Parameters<RunFeed['push']>[0]): void => void early.push(event)
    const stop = this.#session.onEvent((event) => push(event))
    signal?.addEventListener('abort', () => ended.resolve())
    try {
      const { view } = await this.#ready(signal)
      const actor = this.#options.client.actor
      const about = { threadId: this.#session.id, view, run, from: 'whole' as const, actor }
      const feed = new RunFeed(about)
      let isOver = false
      const tell = (events: readonly AgUiEvent[]): void => {
        queue.push(toChunks(events))
        // A run that waits for somebody is over for who joined it: what comes then is for who resumes it.
        isOver = events.some(({ type }) => type === 'RUN_FINISHED' || type === 'RUN_ERROR')
        if (isOver) ended.resolve()
      }
      tell(feed.begin())
      push = (event) => void (!isOver && event.seq > view.seq && tell(feed.push(event)))
      for (const event of early.splice(0)) push(event)
      await ended.promise
      queue.end()
    } catch (thrown) {
      queue.fail(HeadraceError.from(thrown))
    } finally {
      stop()
      this.#joined.delete(run)
    }
  }

  readonly hydrate: Required<SubscribeConnectionAdapter>['hydrate'] = async (_thread, page = {}) => {
    const snapshot = await this.#ready()
    // Beside a subscription, what there is and what comes would race.
    if (this.#subscriptions > 0 && page.before === undefined) {
      this.#isWanted = true
      this.#retell()
      return { messages: [], activeRun: null, interrupts: null }
    }
    return hydration(snapshot, this.#options.client.actor, page.limit)
  }

  /** Not while the chat shows a message that the session does not have yet: it would go. */
  #retell(keep?: 'and what waits'): void {
    if (this.#feeds.size === 0 || this.#sending > 0) return
    this.#isWanted = false
    for (const [feed, queue] of this.#feeds) {
      if (keep === undefined) queue.drop()
      feed.retell()
    }
  }

  async stop(): Promise<void> {
    await this.#session.cancel()
  }

  /** What the session is, as soon as that is known; one that does not exist is empty. */
  async #ready(signal?: AbortSignal): Promise<SessionSnapshot> {
    const snapshot = await this.#session.until(
      ({ status }) => status === 'live' || status === 'failed',
      signal && { signal },
    )
    if (snapshot.error && snapshot.error.code !== 'session_not_found') throw snapshot.error
    return snapshot
  }

  #remember(command: string, runId: string | undefined): void {
    this.#own.set(command, runId)
    const [oldest] = this.#own.keys()
    if (this.#own.size > maxOwn && oldest !== undefined) this.#own.delete(oldest)
  }

  #tellAll(events: readonly AgUiEvent[]): void {
    for (const queue of this.#feeds.values()) queue.push(toChunks(events))
  }
}

function toChunks(events: readonly AgUiEvent[]): readonly Chunk[] {
  return events as unknown as readonly Chunk[] // the events of AG-UI, where theirs name the types by an enum
}

/** A run in which nothing is said. */
function nothing(runId: string, threadId: string): readonly AgUiEvent[] {
  return [
    { type: 'RUN_STARTED', threadId, runId },
    { type: 'RUN_FINISHED', threadId, runId, outcome: { type: 'success' } },
  ]
}

/** The run that a person asked for. */
function topOf({ runs }: Pick<SessionView, 'runs'>, id: string): string | undefined {
  const run = runs.find((candidate) => candidate.id === id)
  return run?.parent === undefined ? run?.id : topOf({ runs }, run.parent)
}

function fromUiParts({ parts }: UIMessage): readonly PartStart[] {
  const made = parts.flatMap((part): readonly PartStart[] => {
    if (part.type === 'text') return part.content === '' ? [] : [{ kind: 'text', text: part.content }]
    if (part.type !== 'image' && part.type !== 'audio' && part.type !== 'video' && part.type !== 'document') return []
    const { source } = part
    const mediaType = source.mimeType ?? (part.type === 'document' ? 'application/octet-stream' : `${part.type}/*`)
    const url = source.type === 'url' ? source.value : `data:${mediaType};base64,${source.value}`
    return [{ kind: 'file', url, mediaType }]
  })
  if (made.length === 0) throw new HeadraceError('bad_request', 'The message says nothing.')
  return made
}

/** A chat that begins: what was said, and the run that is under way or waits for somebody. */
function hydration({ view, messages }: SessionSnapshot, actor: Actor | undefined, limit?: number): Hydration {
  const run = view.runs.findLast(({ status, parent }) => status !== 'ended' && parent === undefined)
  const waiting = view.requests.filter(
    (request) =>
      isOpen(request) &&
      request.spec.kind !== 'tool' &&
      topOf(view, request.run) === run?.id &&
      actor !== undefined &&
      mayAnswer(actor, request.answerers),
  )
  const isPaused = run !== undefined && waiting.length > 0
  const line = branch(messages, view.head)
  // The run that is joined tells all of itself.
  const shown = isPaused || !run ? line : line.filter((message) => message.run !== run.id)
  const pending = waiting.map((request) => bound(toInterrupt(request), run?.id ?? ''))
  return {
    messages: toUiMessages(limit === undefined ? shown : shown.slice(-limit)),
    activeRun: run && !isPaused ? { runId: run.id } : null,
    interrupts: isPaused
      ? { runId: run.id, pending: pending as unknown as NonNullable<Hydration['interrupts']>['pending'] } // the same, not read only
      : null,
  }
}
