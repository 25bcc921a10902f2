import { WebSocket } from 'ws'
import { subprotocol, type Down, type Up } from '@headrace/core'
import type { ReaderJournal } from '../journals.ts'
import type { PlainEvent } from './marks.ts'

export interface WireReaderOptions {
  /** Address and token to connect with now: both may change when a server comes back. */
  readonly at: () => { readonly url: string; readonly token: string }
  readonly journals: readonly ReaderJournal[]
  /** One of the journals has an event more. */
  readonly onEvent: (journal: ReaderJournal, event: PlainEvent) => void
  /** A connection stands, the first one included. */
  readonly onOnline: () => void
  /** A connection that stood is gone. */
  readonly onOffline: () => void
}

/** Waits before the next connection, in milliseconds. */
const again = { firstMs: 15, mostMs: 120 }
/** Given up when no welcome came in this time. */
const welcomeMs = 10_000

/** As the server says in its welcome: whoever is silent for so long is taken for dead. */
const silenceMs = 30_000

export interface WireReader {
  /** Loses the connection. */
  drop(): void
  /** Idempotent. */
  close(): void
}

/**
 * A reader with no client library in it. It asks for what comes after the last event it was given, believes all it gets
 * and writes it down: what the library would set right, it shows.
 */
export function startWireReader({ at, journals, onEvent, onOnline, onOffline }: WireReaderOptions): WireReader {
  const bySession = new Map(journals.map((journal) => [journal.session, journal]))
  let isClosed = false
  let socket: WebSocket | undefined
  let isOnline = false
  let timer: NodeJS.Timeout | undefined
  let waitMs = again.firstMs

  function open(): void {
    const { url, token } = at()
    const ws = new WebSocket(`${url.replace('http', 'ws')}/v1/connect`, subprotocol, { perMessageDeflate: false })
    socket = ws
    timer = setTimeout(() => ws.terminate(), welcomeMs)
    const send = (frame: Up): void => ws.send(JSON.stringify(frame))
    const silence = setTimeout(() => ws.terminate(), silenceMs)
    ws.on('message', () => silence.refresh())
    ws.on('ping', () => silence.refresh())
    ws.once('open', () => send({ type: 'hello', token }))
    ws.on('message', (data: Buffer) => {
      const frame = JSON.parse(data.toString()) as Down // a server of this protocol wrote it
      switch (frame.type) {
        case 'welcome':
          clearTimeout(timer)
          waitMs = again.firstMs
          isOnline = true
          onOnline()
          for (const session of bySession.keys()) subscribe(session, send)
          return
        case 'events':
          for (const event of frame.events) give(frame.session, event as PlainEvent) // every event of ours is for everybody
          return
        case 'unsubscribed':
          // Where the server can't serve it now, the next connection asks again.
          return ws.terminate()
        default:
        // Snapshots come in place of events that are no longer there: what was given stays written down.
      }
    })
    ws.once('error', () => undefined)
    ws.once('close', () => {
      clearTimeout(timer)
      clearTimeout(silence)
      if (isOnline) onOffline()
      isOnline = false
      if (!isClosed) {
        timer = setTimeout(open, waitMs)
        waitMs = Math.min(2 * waitMs, again.mostMs)
      }
    })
  }

  function subscribe(session: string, send: (frame: Up) => void): void {
    send({ type: 'subscribe', session, after: bySession.get(session)?.seen.at(-1)?.seq ?? 0 })
  }

  function give(session: string, event: PlainEvent): void {
    const journal = bySession.get(session)
    if (journal) onEvent(journal, event)
  }

  open()
  return {
    drop() {
      socket?.terminate()
    },
    close() {
      isClosed = true
      clearTimeout(timer)
      socket?.terminate()
    },
  }
}
