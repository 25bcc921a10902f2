/** The last value that each device shows for a moment, until that moment is over. */
import type { Clock } from '../clock.ts'
import type { EphemeralSignal, Session } from './session.ts'

export interface EphemeralValuesOptions {
  readonly session: Session
  readonly name: string
  /** How long a value lasts, in milliseconds. */
  readonly ttlMs: number
  readonly clock: Clock
}

const none: readonly EphemeralSignal[] = []
/** Most devices kept; the server bounds how fast they come, and not who they are. */
const maxValues = 200

export class EphemeralValues {
  readonly #options: EphemeralValuesOptions
  readonly #values = new Map<string, { readonly signal: EphemeralSignal; readonly cancel: () => void }>()
  readonly #listeners = new Set<() => void>()
  #all = none
  #stop: (() => void) | undefined

  constructor(options: EphemeralValuesOptions) {
    this.#options = options
  }

  readonly getSnapshot = (): readonly EphemeralSignal[] => this.#all

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    this.#stop ??= this.#options.session.onEphemeral((signal) => this.#receive(signal))
    return () => {
      this.#listeners.delete(listener)
      if (this.#listeners.size === 0) this.#end()
    }
  }

  #receive(signal: EphemeralSignal): void {
    const { name, ttlMs, clock } = this.#options
    if (signal.name !== name) return
    const key = `${signal.actor} ${signal.device ?? ''}`
    this.#drop(key)
    // `null` and nothing at all say that it is over.
    if (signal.value === undefined || signal.value === null) return this.#changed()
    const [oldest] = this.#values.keys()
    if (this.#values.size >= maxValues && oldest !== undefined) this.#drop(oldest)
    const cancel = clock.after(ttlMs, () => {
      this.#values.delete(key)
      this.#changed()
    })
    this.#values.set(key, { signal, cancel })
    this.#changed()
  }

  #drop(key: string): void {
    this.#values.get(key)?.cancel()
    this.#values.delete(key)
  }

  #changed(): void {
    this.#all = this.#values.size === 0 ? none : Array.from(this.#values.values(), ({ signal }) => signal)
    for (const listener of Array.from(this.#listeners)) listener()
  }

  #end(): void {
    this.#stop?.()
    this.#stop = undefined
    for (const key of this.#values.keys()) this.#drop(key)
    this.#all = none
  }
}
