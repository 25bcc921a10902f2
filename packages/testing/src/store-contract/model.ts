import { AppendConflict, splitKey } from '@headrace/core'
import type {
  AppendBatch,
  Compaction,
  MessageRow,
  ReadLimits,
  Redaction,
  SearchWords,
  SessionKey,
  SessionRow,
  Snapshot,
} from '@headrace/core'

interface ModelSession {
  /** By seq. */
  readonly events: ReadonlyMap<number, string>
  readonly head: number
  readonly floor: number
  readonly floorState: Snapshot | undefined
  readonly messages: readonly MessageRow[]
  readonly words: readonly SearchWords[]
  readonly row: SessionRow | undefined
  readonly snapshot: Snapshot | undefined
}

const empty: ModelSession = {
  events: new Map(),
  head: 0,
  floor: 0,
  floorState: undefined,
  messages: [],
  words: [],
  row: undefined,
  snapshot: undefined,
}

/** What a store should do, in the fewest words: the answers that the model test compares with. */
export class StoreModel {
  readonly #sessions = new Map<SessionKey, ModelSession>()

  append(key: SessionKey, expectedSeq: number, batch: AppendBatch): void {
    const session = this.#get(key)
    const { head } = session
    if (head !== expectedSeq) throw new AppendConflict(key, expectedSeq, head)
    const added = batch.messages ?? []
    const words = batch.words ?? []
    const keptWords = session.words.filter((entry) => words.every(({ seq }) => seq !== entry.seq))
    const kept = session.messages.filter((message) => added.every(({ seq }) => seq !== message.seq))
    this.#sessions.set(key, {
      ...session,
      events: new Map([...session.events, ...batch.events.map((event, index) => [head + index + 1, event] as const)]),
      head: head + batch.events.length,
      messages: [...kept, ...added].sort((a, b) => a.seq - b.seq),
      words: [...keptWords, ...words.filter((entry) => entry.words.length > 0)],
      row: batch.row ?? session.row,
    })
  }

  begin(key: SessionKey, floor: Snapshot, batch: AppendBatch): void {
    const { head } = this.#get(key)
    if (head > 0) throw new AppendConflict(key, 0, head)
    this.#sessions.set(key, { ...empty, head: floor.seq, floor: floor.seq, floorState: floor, snapshot: floor })
    this.append(key, floor.seq, batch)
  }

  /** Only what is no bad request. */
  compact(key: SessionKey, { floor, drop }: Compaction): void {
    const session = this.#get(key)
    if (floor.seq <= this.floor(key)) return
    const isDropped = (seq: number): boolean => drop.some(([first, last]) => first <= seq && seq <= last)
    this.#sessions.set(key, {
      ...session,
      events: new Map([...session.events].filter(([seq]) => !isDropped(seq))),
      floor: floor.seq,
      floorState: floor,
      snapshot: (session.snapshot?.seq ?? 0) < floor.seq ? floor : session.snapshot,
    })
  }

  /** Only what is no bad request. */
  redact(key: SessionKey, { events, messages, snapshot, floor, words = [] }: Redaction): void {
    const session = this.#get(key)
    const replace = <T extends { readonly seq: number }>(old: readonly T[], news: readonly T[]): T[] =>
      old.map((entry) => news.find(({ seq }) => seq === entry.seq) ?? entry)
    const isKept = ({ seq }: SearchWords): boolean => ![...messages, ...words].some((entry) => entry.seq === seq)
    this.#sessions.set(key, {
      ...session,
      events: new Map([...session.events, ...events.map(({ seq, json }) => [seq, json] as const)]),
      messages: replace(session.messages, messages),
      words: [...session.words.filter(isKept), ...words.filter((entry) => entry.words.length > 0)],
      snapshot,
      floorState: floor,
    })
  }

  /** Positions of the events and of the message rows that there are. */
  seqs(key: SessionKey): { events: number[]; messages: number[] } {
    const { events, messages } = this.#get(key)
    return { events: [...events.keys()], messages: messages.map(({ seq }) => seq) }
  }

  head(key: SessionKey): number {
    return this.#get(key).head
  }

  floor(key: SessionKey): number {
    return this.#get(key).floor
  }

  floorSnapshot(key: SessionKey): Snapshot | undefined {
    return this.#get(key).floorState
  }

  read(key: SessionKey, after: number, limits: ReadLimits): string[] {
    const found: string[] = []
    for (const [seq, event] of this.#get(key).events) {
      if (seq <= after) continue
      if (found.length === limits.maxEvents) break
      found.push(event)
      if (found.join('').length >= limits.maxChars) break
    }
    return found
  }

  getSnapshot(key: SessionKey): Snapshot | undefined {
    return this.#get(key).snapshot
  }

  putSnapshot(key: SessionKey, snapshot: Snapshot): void {
    const session = this.#get(key)
    if (snapshot.seq > session.head || snapshot.seq <= (session.snapshot?.seq ?? 0)) return
    this.#sessions.set(key, { ...session, snapshot })
  }

  readMessages(key: SessionKey, before: number, limit: number): MessageRow[] {
    return this.#get(key)
      .messages.filter(({ seq }) => seq < before)
      .slice(-limit)
  }

  row(key: SessionKey): SessionRow | undefined {
    return this.#get(key).row
  }

  /** By id: which of two rows of the same time comes first is the store's choice. */
  list(tenant: string): SessionRow[] {
    return this.#rows()
      .filter(([key]) => splitKey(key).tenant === tenant)
      .map(([, row]) => row)
      .sort((a, b) => (a.id < b.id ? -1 : 1))
  }

  /** By the newest entry, then by id. */
  inbox(tenant: string, actors: readonly string[]): { id: string; at: number }[] {
    return this.list(tenant)
      .flatMap(({ id, inbox }) => {
        const times = inbox.filter((entry) => actors.includes(entry.for)).map((entry) => entry.at)
        return times.length === 0 ? [] : [{ id, at: Math.max(...times) }]
      })
      .sort((a, b) => b.at - a.at)
  }

  /** As `session seq`, in no order. */
  search(tenant: string, word: string, beginning: string): string[] {
    return [...this.#sessions]
      .filter(([key]) => splitKey(key).tenant === tenant)
      .flatMap(([key, { words }]) =>
        words
          .filter((entry) => entry.words.includes(word) && entry.words.some((other) => other.startsWith(beginning)))
          .map((entry) => `${splitKey(key).session} ${entry.seq}`),
      )
  }

  /** By time, then by key. */
  due(before: number): { key: SessionKey; at: number }[] {
    return this.#rows()
      .flatMap(([key, { due }]) => (due === null || due > before ? [] : [{ key, at: due }]))
      .sort((a, b) => a.at - b.at || (a.key < b.key ? -1 : 1))
  }

  work(agent: string): SessionKey[] {
    return this.#rows()
      .flatMap(([key, { work }]) => (work.includes(agent) ? [key] : []))
      .sort()
  }

  purge(key: SessionKey): void {
    this.#sessions.delete(key)
  }

  #get(key: SessionKey): ModelSession {
    return this.#sessions.get(key) ?? empty
  }

  #rows(): [SessionKey, SessionRow][] {
    return [...this.#sessions].flatMap(([key, { row }]) => (row === undefined ? [] : [[key, row]]))
  }
}
