import { useEffect, useLayoutEffect, useMemo, useRef, useSyncExternalStore } from 'react'
import type { SessionSnapshot, SessionStatus } from '../session/session.ts'
import type { ChatStatus, ChatSync, SyncedChat } from '../ai-sdk/chat-sync.ts'

/** What is needed of `useChat`'s result. */
export interface SyncedUseChat<Message extends { readonly id: string }> {
  readonly id: string
  readonly status: ChatStatus
  readonly messages: Message[]
  setMessages(change: (messages: Message[]) => Message[]): void
  resumeStream(): Promise<void>
}

/** A `HeadraceChatTransport`. */
export interface SyncTransport<Message extends { readonly id: string }> {
  sync(chat: SyncedChat<Message>): ChatSync
  snapshot(chatId: string): SessionSnapshot
  subscribe(chatId: string, listener: () => void): () => void
  loadOlder(chatId: string, limit?: number): Promise<void>
  stop(chatId: string): Promise<void>
}

export interface UseChatSync {
  /** `stale` while the connection is lost; what streams goes on by itself. `live` also before the first message makes the session. */
  readonly connection: SessionStatus
  /** Whether `loadOlder` would bring more. */
  readonly hasOlder: boolean
  /** Brings the next older page into the chat's messages. */
  readonly loadOlder: (limit?: number) => Promise<void>
  /** Stops all that the session works on, also what waits for an answer. */
  readonly stopAll: () => Promise<void>
}

const neverSeen = (): SessionStatus => 'loading'
const noneOlder = (): boolean => false
/** Layout effects do nothing on a server and older versions of React say so. */
const useBeforePaint = typeof window === 'undefined' ? useEffect : useLayoutEffect

/**
 * Keeps a `useChat` with a `HeadraceChatTransport` as its session is: messages of other tabs and people appear, an answer
 * that somebody else asked for streams here too, and so does one that was under way when the page was loaded. Use it in the
 * component that calls `useChat`: then a component that goes away stops nothing either.
 *
 * @example
 * ```tsx
 * function Chat({ id, transport }: { id: string; transport: HeadraceChatTransport<UIMessage> }) {
 *   const chat = useChat({ id, transport })
 *   const { connection, hasOlder, loadOlder } = useChatSync(transport, chat)
 *   return (
 *     <main aria-busy={connection !== 'live'}>
 *       {hasOlder && <button onClick={() => void loadOlder()}>Older</button>}
 *       {chat.messages.map((message) => <p key={message.id}>{message.role}</p>)}
 *     </main>
 *   )
 * }
 * ```
 */
export function useChatSync<Message extends { readonly id: string }>(
  transport: SyncTransport<Message>,
  chat: SyncedUseChat<Message>,
): UseChatSync {
  const { id, status, messages } = chat
  const latest = useRef(chat)
  const sync = useRef<ChatSync>(undefined)
  // Before the effects of `useChat`: it stops its chat in one when the component goes, and the sync must know that first.
  useBeforePaint(() => {
    latest.current = chat
  })
  useBeforePaint(() => {
    const made = transport.sync({
      id,
      get status() {
        return latest.current.status
      },
      get messages() {
        return latest.current.messages
      },
      setMessages: (change) => latest.current.setMessages(change),
      resumeStream: () => latest.current.resumeStream(),
    })
    sync.current = made
    return () => made.close()
  }, [transport, id])
  useEffect(() => sync.current?.update(), [status, messages])

  const store = useMemo(() => {
    const { connection, hasOlder } = {
      connection: () => connectionOf(transport.snapshot(id)),
      hasOlder: () => transport.snapshot(id).hasOlder,
    }
    const subscribe = (listener: () => void): (() => void) => transport.subscribe(id, listener)
    return { subscribe, connection, hasOlder }
  }, [transport, id])
  const connection = useSyncExternalStore(store.subscribe, store.connection, neverSeen)
  const hasOlder = useSyncExternalStore(store.subscribe, store.hasOlder, noneOlder)
  return useMemo(
    () => ({
      connection,
      hasOlder,
      loadOlder: (limit?: number) => transport.loadOlder(id, limit),
      stopAll: () => transport.stop(id),
    }),
    [connection, hasOlder, transport, id],
  )
}

/** A chat begins with its first message: that there is no session before is no failure. */
function connectionOf({ status, error }: SessionSnapshot): SessionStatus {
  return error?.code === 'session_not_found' ? 'live' : status
}
