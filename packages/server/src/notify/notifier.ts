/**
 * Tells people who are away that something is over or needs them (P4).
 *
 *   pending ──delayMs──▶ looking? ──yes──▶ settled: seen
 *                           └──no──▶ told over every channel ──▶ settled: sent | no-address | failed
 *
 * What is to be told is part of the session's state and so is that it was told, so a restart neither forgets a notice nor
 * tells it twice: the worst is one that is told again because the server died between telling and writing it down. A person
 * is told once, whatever number of devices they have. Of servers that share a store the one tells it that took it first.
 */
import { HeadraceError, splitKey, systemGrant, type Notice, type SessionKey, type SessionView } from '@headrace/core'
import { againMs, isForNow } from '../refused-for-now.ts'
import type { Clock } from '../clock.ts'
import type { Room } from '../room.ts'

/** Something to tell somebody. */
export interface NoticeToTell {
  readonly tenant: string
  readonly session: string
  readonly notice: Notice
  /** For people: what it is about. */
  readonly title: string
}

/** A way to reach somebody. */
export interface NoticeChannel {
  /**
   * Tells it. `none`: it has no address for them. Rejects when it could not be told now; it is tried again.
   */
  tell(told: NoticeToTell): Promise<'sent' | 'none'>
}

export interface NotifierOptions {
  readonly clock: Clock
  readonly channels: readonly NoticeChannel[]
  readonly room: (key: SessionKey) => Promise<Room>
  readonly onError: (error: HeadraceError) => void
  /** How long somebody has to look by themselves, in milliseconds. Default 5,000. */
  readonly delayMs?: number
  /** Id of this server, where others share its store. */
  readonly node?: string
}

/** How long a server that is closed waits for those who are being told at that moment, in milliseconds. */
const graceMs = 3_000

/** How long a notice is the one server's that took it: longer than it takes to tell it. */
const takenMs = 60_000

/** Waits between tries, in milliseconds. After the last one it is given up. */
const retryMs = [5_000, 30_000, 300_000]

type Settled = 'sent' | 'seen' | 'failed' | 'no-address'

interface Next {
  readonly ms: number
  readonly tries: number
  /** What came of it, where only that is left to be written down. */
  readonly settled?: Settled
}

export class Notifier {
  readonly #options: NotifierOptions
  /** Notices that are being looked after: the timer of each, by session and id. */
  readonly #waiting = new Map<string, () => void>()
  /** What is under way. */
  readonly #looking = new Set<Promise<void>>()
  #closing: Promise<void> | undefined

  constructor(options: NotifierOptions) {
    this.#options = options
  }

  /** A room was opened, or something in it changed. */
  changed(room: Room): void {
    for (const notice of room.state.guard.notices) {
      const id = `${room.key} ${notice.id}`
      if (!this.#closing && !this.#waiting.has(id))
        this.#later(room.key, notice, { ms: this.#options.delayMs ?? 5_000, tries: 0 })
    }
  }

  #later(key: SessionKey, notice: Notice, next: Next): void {
    const id = `${key} ${notice.id}`
    const cancel = this.#options.clock.after(next.ms, () => {
      const look = this.#look(key, notice, next).catch((thrown: unknown) => {
        this.#waiting.delete(id)
        const error = HeadraceError.from(thrown)
        if (error.code === 'internal') this.#options.onError(error)
      })
      this.#looking.add(look)
      void look.then(() => this.#looking.delete(look))
    })
    this.#waiting.set(id, cancel)
  }

  async #look(key: SessionKey, { id }: Notice, { tries, settled }: Next): Promise<void> {
    if (this.#closing) return
    const room = await this.#options.room(key)
    // As the session has it: another one may have been made under its id, with notices of its own.
    const notice = room.state.guard.notices.find((one) => one.id === id)
    if (notice) {
      const isHere = (): boolean => room.state.view.presence.some(({ actor }) => actor === notice.to)
      const waitMs = settled || isHere() ? 0 : await this.#take(room, notice)
      if (waitMs > 0) return this.#closing ? undefined : this.#later(key, notice, { ms: waitMs, tries })
      // What another server has written meanwhile is known now.
      const outcome = settled ?? (isHere() ? 'seen' : await this.#tell(room, notice, tries))
      const isWritten = outcome !== undefined && (await this.#settle(room, notice, outcome))
      if (!isWritten) return this.#again(key, notice, { tries, ...(outcome && { settled: outcome }) })
    }
    this.#waiting.delete(`${key} ${id}`)
  }

  /** Tries again to tell it, or to write down what came of it. */
  #again(key: SessionKey, notice: Notice, { tries, settled }: Omit<Next, 'ms'>): void {
    if (this.#closing) return
    if (settled) this.#later(key, notice, { ms: againMs, tries, settled })
    else this.#later(key, notice, { ms: retryMs[tries] ?? againMs, tries: tries + 1 })
  }

  /** Takes it from the other servers; resolves to how long to wait where it is not this one's to tell, in milliseconds. */
  async #take(room: Room, { id }: Notice): Promise<number> {
    const { node } = this.#options
    if (node === undefined) return 0
    const grant = systemGrant(splitKey(room.key).tenant)
    const taken = await room.submit({ grant, body: { type: 'take-notice', id, node, forMs: takenMs } })
    if (taken.outcome === 'accepted') return 0
    if (isForNow(taken)) return againMs
    // Another one has it, or has told it: then there is none the next time.
    return takenMs
  }

  /** `undefined` when it is worth another try. */
  async #tell(room: Room, notice: Notice, tries: number): Promise<Settled | undefined> {
    const { tenant, session } = splitKey(room.key)
    const told = { tenant, session, notice, title: titleOf(room.state.view, notice) }
    const results = await Promise.allSettled(this.#options.channels.map((channel) => channel.tell(told)))
    if (results.some((result) => result.status === 'fulfilled' && result.value === 'sent')) return 'sent'
    if (results.every((result) => result.status === 'fulfilled')) return 'no-address'
    return tries < retryMs.length ? undefined : 'failed'
  }

  /** Returns whether it is written down. The room may have been let go while somebody was told. */
  async #settle(room: Room, { id }: Notice, outcome: Settled): Promise<boolean> {
    const grant = systemGrant(splitKey(room.key).tenant)
    const written = await room.submit({ grant, body: { type: 'settle-notice', id, outcome } })
    return written.outcome !== 'refused' || written.error.retry === 'never'
  }

  /** Forgets a session that is gone. */
  forget(key: SessionKey): void {
    for (const [id, cancel] of this.#waiting) {
      if (!id.startsWith(`${key} `)) continue
      cancel()
      this.#waiting.delete(id)
    }
  }

  /**
   * Tells nobody any more. Whoever is being told would be told again by the next server, so it waits a moment until that
   * is written down. Idempotent.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    for (const cancel of this.#waiting.values()) cancel()
    this.#waiting.clear()
    if (this.#looking.size === 0) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const cancel = this.#options.clock.after(graceMs, resolve)
    await Promise.race([Promise.all(this.#looking), promise])
    cancel()
  }
}

/** A line for a person who is away. A request that not everybody sees is not quoted: a lock screen is a public place. */
function titleOf(view: SessionView, { kind, ref }: Notice): string {
  const { title } = view.metadata
  const name = typeof title === 'string' ? title.slice(0, 100) : view.id
  const request = view.requests.find(({ id }) => id === ref)
  if (kind === 'needs-you') return request && request.spec.to === undefined ? `${name}: ${request.spec.title}` : name
  const agent = view.runs.find(({ id }) => id === ref)?.agent ?? 'the agent'
  return kind === 'done' ? `${name}: ${agent} is done` : `${name}: ${agent} did not finish`
}
