import type { Down } from '@headrace/core'
import type { ReaderJournal } from '../journals.ts'
import type { PlainEvent } from './marks.ts'
import { startWire, type Wire } from './wire.ts'

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

/** As the server says in its welcome: whoever is silent for so long is taken for dead. */
const silenceMs = 30_000

export type WireReader = Pick<Wire, 'drop' | 'close'>

/**
 * A reader with no client library in it. It asks for what comes after the last event it was given, believes all it gets
 * and writes it down: what the library would set right, it shows.
 */
export function startWireReader({ at, journals, onEvent, onOnline, onOffline }: WireReaderOptions): WireReader {
  const bySession = new Map(journals.map((journal) => [journal.session, journal]))
  const wire = startWire({ at, silenceMs, onOnline: subscribe, onOffline, onFrame })

  function onFrame(frame: Down): void {
    switch (frame.type) {
      case 'events':
        for (const event of frame.events) give(frame.session, event as PlainEvent) // every event of ours is for everybody
        return
      case 'unsubscribed':
        // Where the server can't serve it now, the next connection asks again.
        return wire.drop()
      default:
      // Snapshots come in place of events that are no longer there: what was given stays written down.
    }
  }

  function subscribe(): void {
    onOnline()
    for (const [session, { seen }] of bySession) wire.send({ type: 'subscribe', session, after: seen.at(-1)?.seq ?? 0 })
  }

  function give(session: string, event: PlainEvent): void {
    const journal = bySession.get(session)
    if (journal) onEvent(journal, event)
  }

  return wire
}
