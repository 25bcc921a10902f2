/**
 * Tells people who are away that something is over or needs them (P4).
 *
 *   pending ──delayMs──▶ looking? ──yes──▶ settled: seen
 *                           └──no──▶ told over every channel ──▶ settled: sent | no-address | failed
 *
 * What is to be told is part of the session's state and so is that it was told, so a restart neither forgets a notice nor
 * tells it twice: the worst is one that is told again because the server died between telling and writing it down. A person
 * is told once, whatever number of devices they have.
 */
import { HeadraceError, splitKey, systemGrant, type Notice, type SessionKey, type SessionView } from '@headrace/core'
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
}

/** Waits between tries, in milliseconds. After the last one it is given up. */
const retryMs = [5_000, 30_000, 300_000]

export class Notifier {
  readonly #options: NotifierOptions
  /** Notices that are being looked after: the timer of each, by session and id. */
  readonly #waiting = new Map<string, () => void>()
  #closed = false

  constructor(options: NotifierOptions) {
    this.#options = options
  }

  /** A room was opened, or something in it changed. */
  changed(room: Room): void {
    for (const notice of room.state.guard.notices) {
      const id = `${room.key} ${notice.id}`
      if (!this.#closed && !this.#waiting.has(id))
        this.#later(room.key, notice, { ms: this.#options.delayMs ?? 5_000, tries: 0 })
    }
  }

  #later(key: SessionKey, notice: Notice, { ms, tries }: { readonly ms: number; readonly tries: number }): void {
    const id = `${key} ${notice.id}`
    const cancel = this.#options.clock.after(ms, () => {
      this.#look(key, notice, tries).catch((thrown: unknown) => {
        this.#waiting.delete(id)
        const error = HeadraceError.from(thrown)
        if (error.code === 'internal') this.#options.onError(error)
      })
    })
    this.#waiting.set(id, cancel)
  }

  async #look(key: SessionKey, notice: Notice, tries: number): Promise<void> {
    if (this.#closed) return
    const room = await this.#options.room(key)
    const { view, guard } = room.state
    if (guard.notices.some(({ id }) => id === notice.id)) {
      if (view.presence.some(({ actor }) => actor === notice.to)) await this.#settle(room, notice, 'seen')
      else if (!(await this.#tell(room, notice, tries))) return
    }
    this.#waiting.delete(`${key} ${notice.id}`)
  }

  /** Returns false when it will be tried again. */
  async #tell(room: Room, notice: Notice, tries: number): Promise<boolean> {
    const { tenant, session } = splitKey(room.key)
    const told = { tenant, session, notice, title: titleOf(room.state.view, notice) }
    const results = await Promise.allSettled(this.#options.channels.map((channel) => channel.tell(told)))
    const isSent = results.some((result) => result.status === 'fulfilled' && result.value === 'sent')
    const failed = results.find((result) => result.status === 'rejected')
    const ms = retryMs[tries]
    if (!isSent && failed && ms !== undefined) {
      this.#later(room.key, notice, { ms, tries: tries + 1 })
      return false
    }
    await this.#settle(room, notice, isSent ? 'sent' : failed ? 'failed' : 'no-address')
    return true
  }

  async #settle(room: Room, { id }: Notice, outcome: 'sent' | 'seen' | 'failed' | 'no-address'): Promise<void> {
    const grant = systemGrant(splitKey(room.key).tenant)
    await room.submit({ grant, body: { type: 'settle-notice', id, outcome } })
  }

  /** Forgets a session that is gone. */
  forget(key: SessionKey): void {
    for (const [id, cancel] of this.#waiting) {
      if (!id.startsWith(`${key} `)) continue
      cancel()
      this.#waiting.delete(id)
    }
  }

  close(): void {
    this.#closed = true
    for (const cancel of this.#waiting.values()) cancel()
    this.#waiting.clear()
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
