import type { ConnectionStatus } from '@headrace/client'
import { useConnection } from '@headrace/client/react'
import { useCallback, useSyncExternalStore, type ReactNode } from 'react'
import { text } from '../text.ts'
import './connection.css'

/**
 * Whether the page is live. The seconds count for the eye only; a screen reader hears the state when it changes, with
 * the reason and what it means for the reader: nothing is lost.
 */
export function Connection(): ReactNode {
  const status = useConnection()
  const seconds = useSecondsTo(status.state === 'offline' ? status.retryAt : null)
  const { word, shown, short = shown, why } = describe(status, seconds)
  return (
    <output className="connection" data-testid="connection" data-state={status.state} title={why}>
      <span className="connection-dot" />
      <span className="connection-word" aria-hidden="true">
        {shown}
      </span>
      <span className="connection-short" aria-hidden="true">
        {short}
      </span>
      <span className="visually-hidden">{why === undefined ? word : `${word}. ${why}`}</span>
    </output>
  )
}

interface Words {
  readonly word: string
  readonly shown: string
  /** On a phone, where the title needs the room. Default {@link shown}. */
  readonly short?: string
  readonly why?: string
}

function describe(status: ConnectionStatus, seconds: number | undefined): Words {
  const words = text.connection
  switch (status.state) {
    case 'online':
      return { word: words.live, shown: words.live }
    case 'connecting':
      return { word: words.connecting, shown: words.connecting }
    case 'closed':
      return { word: words.closed, shown: words.closed, ...(status.error && { why: status.error.message }) }
    case 'offline': {
      if (status.retryAt === null) return { word: words.offline, shown: words.offline, why: words.chosen }
      const waits = seconds !== undefined && seconds > 0
      const shown = waits ? words.reconnectingIn(seconds) : words.reconnecting
      const short = waits ? words.offlineFor(seconds) : words.connecting
      const why = status.error ? `${status.error.message} ${words.nothingLost}` : words.nothingLost
      return { word: words.reconnecting, shown, short, why }
    }
    default:
      return status satisfies never
  }
}

const tickMs = 200

/** Whole seconds until a time, counting down; undefined when there is nothing to wait for. */
function useSecondsTo(at: number | null): number | undefined {
  const subscribe = useCallback(
    (listener: () => void) => {
      if (at === null) return () => {}
      const timer = setInterval(listener, tickMs)
      return () => clearInterval(timer)
    },
    [at],
  )
  return useSyncExternalStore(subscribe, () =>
    at === null ? undefined : Math.max(0, Math.ceil((at - Date.now()) / 1_000)),
  )
}
