/**
 * One chat of a page and its session.
 *
 * Who aborts a stream? A person who stops; React, when the component goes (`useChat` stops its chat then); a chat that asks
 * for its stream again. Only the first means the run. So an abort becomes a cancel unless the chat was left before
 * (`ChatSync` says so), or asks for its stream again at once.
 */
import {
  HeadraceError,
  canonical,
  sha256,
  type CommandBody,
  type Json,
  type Message,
  type MessageId,
  type Run,
  type SessionSettings,
  type SessionView,
} from '@headrace/core'
import {
  UiMessages,
  fromUiMessage,
  isBehindWaiting,
  isWaiting,
  openRequests,
  runFor,
  sameParts,
  type GivenMessage,
  type StoreUiFile,
  type UiChunk,
  type UiMessageOptions,
  type UiPart,
} from '@headrace/formats/ai-sdk'
import { Listeners } from '../listeners.ts'
import { toJson } from '../to-json.ts'
import { Answers } from './answers.ts'
import { PageTools } from './page-tools.ts'
import { Turn } from './turn.ts'
import type { Client } from '../client.ts'
import type { Accepted } from '../outbox.ts'
import type { Session, SessionSnapshot } from '../session/session.ts'

export interface ChatLinkOptions extends UiMessageOptions {
  readonly client: Client
  readonly settings: SessionSettings
  readonly clientTools: readonly string[]
  readonly storeFile?: StoreUiFile
  readonly onError: (error: HeadraceError) => void
}

/** What a chat asks of its transport when somebody sends. */
export interface ChatRequest {
  readonly trigger: 'submit-message' | 'regenerate-message'
  readonly messageId: string | undefined
  readonly messages: readonly GivenMessage[]
  readonly abortSignal: AbortSignal | undefined
  readonly body?: object
}

type Work = Pick<Extract<CommandBody, { readonly type: 'regenerate' }>, 'agent' | 'policy'>

/** Most messages whose ids on this page are remembered beside those that the session gave them. */
const maxAliases = 256

export class ChatLink {
  readonly session: Session
  readonly uiMessages: UiMessages
  readonly answers: Answers
  readonly #options: ChatLinkOptions
  readonly #tools: PageTools
  readonly #turns = new Set<Turn>()
  readonly #aliases = new Map<string, MessageId>()
  /** Messages that are being sent, by their ids on this page: what is said about one of them waits for its id. */
  readonly #inFlight = new Map<string, Promise<unknown>>()
  readonly #stopped = new Set<string>()
  readonly #changes: Listeners
  #sending = 0
  #reconnects = 0
  #syncs = 0
  #isLeft = false

  constructor(session: Session, options: ChatLinkOptions) {
    this.session = session
    this.#options = options
    this.uiMessages = new UiMessages(options)
    this.answers = new Answers(session, options.onError)
    this.#tools = new PageTools(session, options.clientTools, options.onError)
    this.#changes = new Listeners(options.onError)
  }

  /** Whether anything of the chat needs it still. */
  get isIdle(): boolean {
    return this.#turns.size === 0 && this.#sending === 0 && this.#syncs === 0
  }

  /** Somebody has sent something that the session does not show yet. */
  get isSending(): boolean {
    return this.#sending > 0
  }

  /** The runs whose streams the chat reads. */
  get following(): readonly string[] {
    return Array.from(this.#turns, ({ run }) => run)
  }

  /** Calls back when a stream began or ended. */
  onChange(listener: () => void): () => void {
    return this.#changes.add(listener)
  }

  /** The page shows the chat; returns what says that it no longer does. */
  enter(): () => void {
    this.#syncs += 1
    this.#isLeft = false
    let here = true
    return () => {
      if (!here) return
      here = false
      this.#syncs -= 1
      this.#isLeft = this.#syncs === 0
    }
  }

  /** The id by which the session knows a message of this page. */
  serverId(id: string): MessageId {
    return this.#aliases.get(id) ?? id
  }

  /** The run that the chat shall follow: the first that goes on by itself. */
  nextRun(view: SessionView): Run | undefined {
    const isSeen = (run: Run): boolean => view.messages.some((message) => message.id === run.input)
    const open = view.runs.filter((run) => run.status !== 'ended' && run.parent === undefined && isSeen(run))
    const goesOn = open.filter((run) => {
      if (this.#stopped.has(run.id) || (run.status === 'active' && run.cancel)) return false
      return (!isWaiting(view, run) && !isBehindWaiting(view, run)) || this.#mayRunTool(view, run)
    })
    return goesOn.find((run) => run.status === 'active') ?? goesOn[0]
  }

  #mayRunTool(view: SessionView, { id }: Run): boolean {
    return openRequests(view, id).some(
      ({ spec, status }) => status === 'open' && spec.kind === 'tool' && this.#tools.has(spec.name),
    )
  }

  async send(request: ChatRequest): Promise<ReadableStream<UiChunk>> {
    const { abortSignal } = request
    const unfollow = this.session.subscribe(() => undefined)
    this.#sending += 1
    let run: string | undefined
    try {
      // What was sent is sent, also when the chat stops waiting for it: the run is stopped when it is known.
      const found = this.#ask(request)
      abortSignal?.addEventListener('abort', () => void found.then((id) => id !== undefined && this.#aborted(id), noop))
      run = await orAborted(found, abortSignal)
    } finally {
      this.#sending -= 1
      if (run === undefined) this.#changes.emit()
      unfollow()
    }
    if (run === undefined) return nothing()
    return this.#follow(run, abortSignal, this.#base(request, run))
  }

  async reconnect(abortSignal: AbortSignal | undefined): Promise<ReadableStream<UiChunk> | null> {
    this.#reconnects += 1
    const { view } = await this.ready(abortSignal)
    const run = this.nextRun(view)
    if (!run) return null
    const stream = this.#follow(run.id, abortSignal)
    abortSignal?.addEventListener('abort', () => this.#aborted(run.id))
    return stream
  }

  /** What the session is, as soon as that is known; one that does not exist is empty. */
  async ready(signal?: AbortSignal): Promise<SessionSnapshot> {
    const snapshot = await this.session.until(
      ({ status }) => status === 'live' || status === 'failed',
      signal && { signal },
    )
    if (snapshot.error && snapshot.error.code !== 'session_not_found') throw snapshot.error
    return snapshot
  }

  /** Stops what the session works on. */
  async stop(): Promise<void> {
    const { runs } = this.session.getSnapshot().view
    await Promise.all(runs.filter((run) => run.status !== 'ended').map((run) => this.#cancel(run.id)))
  }

  #follow(run: string, signal: AbortSignal | undefined, base?: readonly UiPart[]): ReadableStream<UiChunk> {
    const turn: Turn = new Turn({
      session: this.session,
      run,
      messages: this.uiMessages,
      tools: this.#tools,
      ...(base && { base }),
      mayReplay: () => this.#syncs > 0,
      onEnd: () => {
        this.#turns.delete(turn)
        this.#changes.emit()
      },
    })
    this.#turns.add(turn)
    this.#changes.emit()
    signal?.addEventListener('abort', () => turn.release())
    if (signal?.aborted) turn.release()
    return turn.stream()
  }

  /** The chat's signal was aborted while it read a run, or waited for one that it had asked for. */
  #aborted(run: string): void {
    const before = this.#reconnects
    queueMicrotask(() => {
      if (this.#isLeft || this.#reconnects !== before) return
      this.#cancel(run).catch((thrown: unknown) => this.#options.onError(HeadraceError.from(thrown)))
    })
  }

  async #cancel(id: string): Promise<void> {
    const { session } = this
    this.#stopped.add(id)
    const run = session.getSnapshot().view.runs.find((candidate) => candidate.id === id)
    try {
      await session.cancel({ run: id })
    } catch (thrown) {
      const error = HeadraceError.from(thrown)
      // Who may not control runs may take back what they asked for themselves.
      const isOwn = error.code === 'forbidden' && run?.by === this.#options.client.actor
      if (!isOwn) this.#stopped.delete(id)
      if (!isOwn) throw error
      await session.cancel({ own: true })
    }
  }

  /** Does what a chat asks for. Resolves with the run that does it, when it shows; `undefined` if there is none. */
  async #ask(request: ChatRequest): Promise<string | undefined> {
    const { trigger, messages, messageId } = request
    const work = workOf(request.body)
    const message = messages.find(({ id }) => id === messageId) ?? messages.at(-1)
    if (!message) throw new HeadraceError('bad_request', 'There is no message to send. Send one with a text.')
    if (trigger === 'regenerate-message') {
      const input = messages.findLast(({ role }) => role === 'user')
      if (!input) throw new HeadraceError('bad_request', 'There is no message to answer again.')
      await this.#inFlight.get(input.id)?.catch(noop)
      return this.#regenerate(this.serverId(input.id), work)
    }
    if (message.role === 'assistant') return this.#goOn(messages, message)
    const before = this.#inFlight.get(message.id)
    const sent = (before?.catch(noop) ?? Promise.resolve()).then(() => this.#send(message, messageId, work))
    this.#inFlight.set(message.id, sent)
    return sent.finally(() => this.#inFlight.get(message.id) === sent && this.#inFlight.delete(message.id))
  }

  async #send(message: GivenMessage, messageId: string | undefined, work: Work): Promise<string | undefined> {
    const { session } = this
    const parts = await fromUiMessage(message, this.#options.storeFile)
    const known = this.#known(message.id)
    if (known && sameParts(known, parts)) return this.#again(known.id, work)
    const edits = messageId === undefined ? undefined : known?.id
    const id = commandId({ id: message.id, parts: toJson(parts), edits: edits ?? null })
    const { seq } = await this.#created(() =>
      session.send({ ...work, parts, ...(edits !== undefined && { edits }) }, { id }),
    )
    const { view } = await session.until((snapshot) => snapshot.view.seq >= seq)
    // Of the messages before the command's last event the newest is its own.
    const sent = view.messages.findLast((each) => each.role === 'user' && each.run === undefined && each.seq <= seq)
    if (!sent) return undefined
    this.#alias(message.id, sent.id)
    return runFor(view, sent.id)?.id
  }

  /** Makes the session if there may be none. Both wait together while there is no connection, so that a reload keeps both. */
  async #created(send: () => Promise<Accepted>): Promise<Accepted> {
    if (this.session.getSnapshot().view.seq > 0) return send()
    const created = this.session.create(this.#options.settings)
    created.catch(noop)
    try {
      return await send()
    } catch (thrown) {
      await created // why there is none says more
      throw thrown
    }
  }

  #known(id: string): Message | undefined {
    const known = this.serverId(id)
    return this.session.getSnapshot().messages.find((message) => message.id === known && message.role === 'user')
  }

  /** A chat sends what it has sent before when that failed. */
  async #again(input: MessageId, work: Work): Promise<string | undefined> {
    const run = runFor(this.session.getSnapshot().view, input)
    return run && run.status !== 'ended' ? run.id : this.#regenerate(input, work)
  }

  async #regenerate(input: MessageId, work: Work): Promise<string | undefined> {
    const { seq } = await this.session.regenerate(input, work)
    const { view } = await this.session.until((snapshot) => snapshot.view.seq >= seq)
    return runFor(view, input)?.id
  }

  /** Sends the answers in the messages; the run goes on with them. */
  async #goOn(messages: readonly GivenMessage[], message: GivenMessage): Promise<string | undefined> {
    const { view } = await this.ready()
    await this.answers.send(messages)
    // The answer of a run has its id.
    return view.runs.find((run) => run.id === message.id && run.status !== 'ended')?.id
  }

  /** What the chat has of the answer that a run goes on with. */
  #base({ trigger, messages, messageId }: ChatRequest, run: string): readonly UiPart[] | undefined {
    if (trigger !== 'submit-message') return undefined
    const message = messages.find(({ id }) => id === messageId) ?? messages.at(-1)
    // Made of our chunks, as the id says.
    return message?.id === run ? (message.parts as readonly UiPart[]) : undefined
  }

  #alias(id: string, server: MessageId): void {
    this.#aliases.delete(id)
    this.#aliases.set(id, server)
    const [oldest] = this.#aliases.keys()
    if (this.#aliases.size > maxAliases && oldest !== undefined) this.#aliases.delete(oldest)
  }
}

/** Who shall answer and when, as the page gives it: `sendMessage(message, { body: { agent: 'research' } })`. */
function workOf(body: object | undefined): Work {
  const { agent, policy } = (body ?? {}) as Work // the command's own check refuses what it is not
  return { ...(agent !== undefined && { agent }), ...(policy !== undefined && { policy }) }
}

/** The same message sent again, by this page or the next one, is the same command (L3). */
function commandId(about: Json): string {
  return `chat-${sha256(canonical(about)).slice(0, 40)}`
}

/** What was asked for is done already, or nobody works on it. `interrupted` keeps the chat from asking again by itself. */
function nothing(): ReadableStream<UiChunk> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue({ type: 'finish', finishReason: 'interrupted' })
      controller.close()
    },
  })
}

function orAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const onAbort = (): void => reject(new DOMException('The chat was stopped.', 'AbortError'))
  if (signal.aborted) onAbort()
  signal.addEventListener('abort', onAbort)
  return Promise.race([promise, aborted]).finally(() => signal.removeEventListener('abort', onAbort))
}

function noop(): void {
  // It was refused, which whoever waits is told.
}
