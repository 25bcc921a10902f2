import type { HeadraceError, Message, SessionId, SessionSettings } from '@headrace/core'
import { reportError } from '../report-error.ts'
import { ChatLink, type ChatRequest } from './chat-link.ts'
import { LinkSync, type ChatSync, type SyncedChat } from './chat-sync.ts'
import type { Client } from '../client.ts'
import type { SessionSnapshot } from '../session/session.ts'
import type { GivenMessage, StoreUiFile, UiChunk, UiMessage } from '@headrace/formats/ai-sdk'

export interface HeadraceChatTransportOptions {
  /** Made by `connect`; whoever made it closes it. */
  readonly client: Client
  /** The session of a chat. Default: the one with the chat's id. */
  readonly session?: (chatId: string) => SessionId
  /** With what a session is made when the first message is sent. Default: the server's defaults. */
  readonly settings?: SessionSettings
  /**
   * Names of client tools that the page runs by itself in `onToolCall`. Each call is taken by one tab before it is told
   * to run it. A tool that waits for a person needs none: it is taken when it is answered. Default: none.
   */
  readonly clientTools?: readonly string[]
  /** What `message.metadata` shall be, such as who said it and when. Default: nothing. */
  readonly metadata?: (message: Message) => unknown
  /**
   * Stores a file that somebody attached and returns its address. Default: its `data:` address, which may have at most
   * 8,192 characters.
   */
  readonly storeFile?: StoreUiFile
  /** Hears of a stop or an answer that was refused. Default: the `error` event of the page, or a warning of Node. */
  readonly onError?: (error: HeadraceError) => void
}

interface SendOptions<Ui extends GivenMessage> extends ChatRequest {
  readonly chatId: string
  readonly messages: Ui[]
}

interface ReconnectOptions {
  readonly chatId: string
  readonly abortSignal?: AbortSignal | undefined
}

/** Most chats of a page that are remembered while nothing shows them. */
const maxIdleChats = 32

/**
 * A transport for `useChat` of the AI SDK (`ai` version 7): each chat is a durable session.
 *
 * - A lost connection is no error: the stream goes on where it was when the network is back.
 * - `stop()` stops the run, also after a reload and from another tab. A tab that is closed stops nothing.
 * - Only the message that somebody sends is uploaded; one that is sent again is applied once.
 * - `regenerate` and the edit of an earlier message make versions; the session keeps all of them.
 * - `addToolApprovalResponse` and `addToolOutput` answer requests of agents; of two answers one wins.
 *
 * What others do comes through {@link HeadraceChatTransport.sync}, in React `useChatSync` of `@headrace/client/react`.
 *
 * @example
 * ```tsx
 * const transport = new HeadraceChatTransport<UIMessage>({ client: connect({ url, token }) })
 *
 * function Chat({ id }: { id: string }) {
 *   const chat = useChat({ id, transport })
 *   useChatSync(transport, chat)
 *   return (
 *     <main>
 *       {chat.messages.map((message) => <p key={message.id}>{message.role}</p>)}
 *       <button onClick={() => void chat.sendMessage({ text: 'Hello' })}>Hello</button>
 *       <button onClick={() => void chat.stop()}>Stop</button>
 *     </main>
 *   )
 * }
 * ```
 */
export class HeadraceChatTransport<Ui extends GivenMessage = UiMessage> {
  /** A stream that is read again begins with the first word of the answer: it comes from this client's own copy. */
  readonly resumeStreamIsReplay = true
  readonly #options: HeadraceChatTransportOptions
  readonly #links = new Map<string, ChatLink>()

  constructor(options: HeadraceChatTransportOptions) {
    this.#options = options
  }

  /**
   * Called by the chat. Resolves when the session has what was sent; without a connection that is later. Whom to ask and
   * when can be said per message: `sendMessage(message, { body: { agent: 'research', policy: 'interrupt' } })`.
   *
   * @throws HeadraceError why the session refused
   */
  readonly sendMessages = (options: SendOptions<Ui>): Promise<ReadableStream<UiChunk>> => {
    return this.#link(options.chatId).send(options)
  }

  /** Called by the chat. Resolves with the answer that is under way, from its first word; `null` if there is none. */
  readonly reconnectToStream = ({ chatId, abortSignal }: ReconnectOptions): Promise<ReadableStream<UiChunk> | null> => {
    return this.#link(chatId).reconnect(abortSignal)
  }

  /**
   * The newest messages of a chat, to begin it with; none for a session that does not exist yet. `useChatSync` brings
   * them as well.
   *
   * @throws HeadraceError why the session can't be read
   * @example
   * ```ts
   * const transport = new HeadraceChatTransport({ client })
   * const messages = await transport.messages('support/42')
   * ```
   */
  async messages(chatId: string, { signal }: { readonly signal?: AbortSignal } = {}): Promise<Ui[]> {
    const link = this.#link(chatId)
    return link.uiMessages.of(await link.ready(signal)) as unknown[] as Ui[] // what the page says its messages are
  }

  /** Brings the next older page of messages into a chat that is kept in sync. `limit`: messages, default 50. */
  loadOlder(chatId: string, limit?: number): Promise<void> {
    return this.#link(chatId).session.loadOlder(limit)
  }

  /**
   * Stops all that the session works on, also what waits for an answer and what others asked for. `chat.stop()` stops the
   * answer that the chat is reading.
   */
  stop(chatId: string): Promise<void> {
    return this.#link(chatId).stop()
  }

  /**
   * Keeps a chat as its session is, until it is closed: other tabs' and people's messages and answers appear in
   * `chat.messages`, and an answer that somebody else asked for streams as if it had been asked for here.
   *
   * @param chat - a chat of `ai` or a framework's; one per page
   * @example
   * ```ts
   * const transport = new HeadraceChatTransport<UIMessage>({ client })
   * const chat = new Chat({ id: 'support/42', transport })
   * const sync = transport.sync(chat)
   * sync.close()
   * ```
   */
  sync(chat: SyncedChat<Ui>): ChatSync {
    const own = chat as unknown as SyncedChat<UiMessage> // it is given messages of ours, and those it gave us
    return new LinkSync(this.#link(chat.id), own)
  }

  /** How the session of a chat stands: `stale` while the connection is lost, and whether there are older messages. */
  snapshot(chatId: string): SessionSnapshot {
    return this.#link(chatId).session.getSnapshot()
  }

  /** Calls back when {@link HeadraceChatTransport.snapshot} has changed. Returns what ends it. */
  subscribe(chatId: string, listener: () => void): () => void {
    return this.#link(chatId).session.subscribe(listener)
  }

  get #onError(): (error: HeadraceError) => void {
    return this.#options.onError ?? reportError
  }

  #link(chatId: string): ChatLink {
    const known = this.#links.get(chatId)
    if (known) return known
    const { client, session = sameId, settings = {}, clientTools = [], metadata, storeFile } = this.#options
    const made = new ChatLink(client.session(session(chatId)), {
      client,
      settings,
      clientTools,
      onError: this.#onError,
      ...(metadata && { metadata }),
      ...(storeFile && { storeFile }),
    })
    this.#forgetIdle()
    this.#links.set(chatId, made)
    return made
  }

  #forgetIdle(): void {
    if (this.#links.size < maxIdleChats) return
    for (const [id, link] of this.#links) {
      if (this.#links.size < maxIdleChats) return
      if (link.isIdle) this.#links.delete(id)
    }
  }
}

function sameId(chatId: string): SessionId {
  return chatId
}
