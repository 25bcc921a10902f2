/**
 * Who has a session open (P1). A device is here while one of its connections follows the session; it may be away for a
 * moment (a reload, a dropped socket) without anybody seeing it go.
 *
 * After a restart the log still shows devices that the old process saw. They get the same moment to come back. While a
 * session can't be written, what is true of a device is said again until it is in the log: runs stop where nobody watches,
 * and people are told of what they don't see.
 */
import { systemGrant, splitKey, type Command, type Grant, type Outcome, type SessionKey } from '@headrace/core'
import { againMs, isForNow } from './refused-for-now.ts'
import type { Clock } from './clock.ts'
import type { Room } from './room.ts'

/** How long a device may be gone before it is shown as gone. */
const awayMs = 5_000

interface Entry {
  connections: number
  /** The server by which the log shows it: an earlier one, until what this one has to say is written. */
  node: string
  /** Until it leaves, or joins again. */
  cancelTimer: (() => void) | undefined
}

type Submit = (key: SessionKey, command: Command) => Promise<Outcome>

export class Presences {
  readonly #node: string
  readonly #clock: Clock
  readonly #submit: Submit
  readonly #sessions = new Map<SessionKey, Map<string, Entry>>()
  #closed = false

  constructor(node: string, clock: Clock, submit: Submit) {
    this.#node = node
    this.#clock = clock
    this.#submit = submit
  }

  /** A connection shows its device; call the result when it stops. */
  async join(key: SessionKey, grant: Grant, device: string, label: string | undefined): Promise<() => void> {
    const entry = this.#entry(key, `${grant.actor} ${device}`)
    entry.connections += 1
    const body = { type: 'join', device, node: this.#node, ...(label !== undefined && { label }) } as const
    await this.#show(key, entry, { grant, body })
    let left = false
    return () => {
      if (left) return
      left = true
      entry.connections -= 1
      if (entry.connections === 0) this.#leaveLater(key, grant, device)
    }
  }

  async #show(key: SessionKey, entry: Entry, join: Command): Promise<void> {
    entry.cancelTimer?.()
    const outcome = await this.#submit(key, join)
    if (outcome.outcome !== 'refused') entry.node = this.#node
    if (!isForNow(outcome) || entry.connections === 0 || this.#closed) return
    this.#later(entry, againMs, () => void this.#show(key, entry, join))
  }

  /** In place of what the device was to do before. */
  #later(entry: Entry, ms: number, run: () => void): void {
    entry.cancelTimer?.()
    entry.cancelTimer = this.#clock.after(ms, run)
  }

  /** Devices that an earlier process of this server showed. */
  adopt(room: Room): void {
    const system = systemGrant(splitKey(room.key).tenant)
    for (const { actor, device, node } of room.state.view.presence) {
      if (node === this.#node) continue
      this.#entry(room.key, `${actor} ${device}`).node = node
      this.#leaveLater(room.key, { ...system, actor }, device)
    }
  }

  /** A device that another server sees by then stays. */
  #leaveLater(key: SessionKey, grant: Grant, device: string, ms = awayMs): void {
    const id = `${grant.actor} ${device}`
    if (this.#closed) return
    const entry = this.#entry(key, id)
    if (entry.connections > 0) return
    this.#later(entry, ms, () => {
      const { node } = entry
      const devices = this.#sessions.get(key)
      devices?.delete(id)
      if (devices?.size === 0) this.#sessions.delete(key)
      void this.#submit(key, { grant, body: { type: 'leave', device, node } }).then((outcome) => {
        if (!isForNow(outcome) || this.#closed) return
        const again = this.#entry(key, id)
        if (again.connections > 0) return
        again.node = node
        this.#leaveLater(key, grant, device, againMs)
      })
    })
  }

  #entry(key: SessionKey, id: string): Entry {
    const devices = this.#sessions.get(key) ?? new Map<string, Entry>()
    this.#sessions.set(key, devices)
    const entry = devices.get(id) ?? { connections: 0, node: this.#node, cancelTimer: undefined }
    devices.set(id, entry)
    return entry
  }

  has(key: SessionKey): boolean {
    return this.#sessions.has(key)
  }

  forget(key: SessionKey): void {
    for (const entry of this.#sessions.get(key)?.values() ?? []) entry.cancelTimer?.()
    this.#sessions.delete(key)
  }

  /** Connections that end later leave nobody behind: the next server finds them in the log. */
  close(): void {
    this.#closed = true
    for (const key of this.#sessions.keys()) this.forget(key)
  }
}
