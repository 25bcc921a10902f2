/**
 * A reader's copy of one session, kept exact by seq: an event is applied if it is the next one, dropped if it was
 * applied before, and anything else is a gap. So it does not matter how often a connection breaks, or whether frames of
 * an old subscription arrive among those of a new one (S2, S3).
 */
import {
  emptyView,
  foldView,
  type HiddenEvent,
  type Message,
  type SessionEvent,
  type SessionId,
  type SessionView,
} from '@headrace/core'
import { OlderMessages } from './older-messages.ts'

export interface Applied {
  /** The events that were new, in order. */
  readonly events: readonly SessionEvent[]
  /** Whether anything was new, also what is not for this reader. */
  readonly isNew: boolean
  /** An event came that is not the next one; nothing from it on was applied. */
  readonly gap: number | undefined
}

export class Replica {
  readonly older: OlderMessages = new OlderMessages()
  readonly #id: SessionId
  #view: SessionView | undefined
  #merged: Merged = { older: [], hot: [], all: [] }

  constructor(id: SessionId) {
    this.#id = id
  }

  get view(): SessionView | undefined {
    return this.#view
  }

  /** Seq of the last event in it; `undefined` before the first snapshot. */
  get cursor(): number | undefined {
    return this.#view?.seq
  }

  /** Messages to show, by position. The same array until one of them changes. */
  get messages(): readonly Message[] {
    const hot = this.#view?.messages ?? []
    const older = this.older.all
    if (older.length === 0) return hot
    if (this.#merged.older !== older || this.#merged.hot !== hot) this.#merged = { older, hot, all: merge(older, hot) }
    return this.#merged.all
  }

  /** Begins after a seq with an empty view, which is exact only from the beginning. */
  begin(after: number): void {
    this.#view = { ...emptyView(this.#id), seq: after }
  }

  replace(view: SessionView): void {
    if (this.#view) this.older.jump(this.#view, view)
    this.#view = view
  }

  apply(events: readonly (SessionEvent | HiddenEvent)[]): Applied {
    const fresh: SessionEvent[] = []
    let isNew = false
    for (const event of events) {
      const view = this.#view
      if (view && event.seq <= view.seq) continue
      if (!view || event.seq !== view.seq + 1) return { events: fresh, isNew, gap: event.seq }
      isNew = true
      const next = foldView(view, event)
      this.#view = next
      if (event.type === 'hidden') continue
      this.older.keep(view, next, event)
      fresh.push(event)
    }
    return { events: fresh, isNew, gap: undefined }
  }

  clear(): void {
    this.#view = undefined
    this.older.clear()
  }
}

interface Merged {
  readonly older: readonly Message[]
  readonly hot: readonly Message[]
  readonly all: readonly Message[]
}

function merge(older: readonly Message[], hot: readonly Message[]): readonly Message[] {
  const last = older.at(-1)?.seq ?? 0
  const all = [...older, ...hot]
  // A message that stays open for long is hot though newer ones have gone cold.
  return hot.every((message) => message.seq > last) ? all : all.sort((a, b) => a.seq - b.seq)
}
