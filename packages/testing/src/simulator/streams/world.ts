/** Servers with streams over one store, and what everybody saw of them. */
import { HeadraceError, type Store, type SubscriptionConfig } from '@headrace/core'
import { EventLoop } from '../event-loop.ts'
import { Host } from '../host.ts'
import { Random } from '../random.ts'
import { createSimulatedStore, type StoreTrouble } from '../simulated-store.ts'
import { StreamJournal } from './journal.ts'
import { Receiver } from './receiver.ts'
import type { StreamInvariant } from './invariants.ts'
import type { StreamFault, StreamPlan, StreamSetup } from './plan.ts'
import type { StreamServer, StreamSubject, WebhookAnswer } from './subject.ts'
import type { WakeJournal } from './wakes.ts'

const beginning = Date.UTC(2026, 0, 1)
/** A caller does not wait for ever. */
const httpTimeoutMs = 20_000
const againMs = 500
const lingerMs = 2_000

export interface StreamViolation {
  readonly invariant: StreamInvariant
  readonly text: string
  readonly atMs: number
}

interface Process {
  readonly host: Host
  readonly server: StreamServer
}

/** A subscription that somebody has asked for. */
export interface Subscribed {
  readonly config: SubscriptionConfig
  readonly journal: WakeJournal
  /** It is known to be there. */
  isMade: boolean
}

export class StreamWorld {
  readonly setup: StreamSetup
  readonly subject: StreamSubject
  readonly random: Random
  readonly loop: EventLoop = new EventLoop(beginning)
  readonly journal: StreamJournal
  readonly store: Store
  readonly trouble: StoreTrouble
  readonly subscribed: Map<string, Subscribed> = new Map()
  readonly receiver: Receiver
  /** Whoever is outside and never dies. */
  readonly outside: Host
  readonly trace: string[] | undefined
  violation: StreamViolation | undefined
  isHealing = false
  /** What somebody still waits for. */
  waiting = 0
  readonly #processes: (Process | undefined)[] = []
  #aheadMs = 0
  #names = 0

  constructor({ seed, setup }: StreamPlan, subject: StreamSubject, trace: boolean) {
    this.setup = setup
    this.subject = subject
    this.random = new Random(seed).fork('streams')
    this.trace = trace ? [] : undefined
    this.journal = new StreamJournal((invariant, text) => this.fail(invariant, text))
    this.store = subject.createStore()
    this.trouble = {
      down: false,
      full: false,
      unknown: this.has('unknown') ? 0.08 : 0,
      flaky: this.has('flaky') ? 0.05 : 0,
    }
    this.outside = new Host('outside', this.loop)
    this.receiver = new Receiver(this)
    for (let index = 0; index < setup.servers; index += 1) this.start(index)
  }

  has(fault: StreamFault): boolean {
    return this.setup.faults.includes(fault)
  }

  fail(invariant: StreamInvariant, text: string): void {
    this.violation ??= { invariant, text, atMs: this.loop.now - beginning }
  }

  note(who: string, text: string): void {
    this.trace?.push(`${String(this.loop.now - beginning).padStart(7)} ms  ${who.padEnd(12)} ${text}`)
  }

  newName(kind: string): string {
    this.#names += 1
    return `${kind}${this.#names}`
  }

  // Servers.

  start(index: number): void {
    if (this.#processes[index]) return
    const node = this.newName(`server${index + 1}.`)
    const host = new Host(node, this.loop)
    host.aheadMs = this.#aheadMs
    const random = this.random.fork(node)
    const store = createSimulatedStore({
      inner: this.store,
      host,
      loop: this.loop,
      trouble: this.trouble,
      random: random.fork('store'),
      delayMs: this.setup.storeDelayMs,
      shared: this.setup.servers > 1,
      onAppend: (key, events) => {
        if (this.trace) for (const event of events) this.note(node, `${key} ${event}`)
      },
    })
    const server = this.subject.startServer({
      node,
      store,
      clock: host.clock,
      random: () => random.next(),
      onError: (error) => this.#reported(node, error),
      call: (url, body) => this.#call(host, url, body),
    })
    this.#processes[index] = { host, server }
    this.note(node, 'starts')
  }

  #reported(node: string, error: HeadraceError): void {
    this.note(node, `! ${error.code}: ${error.message}`)
    if (error.code !== 'internal') return
    const stack = error.cause instanceof Error ? error.cause.stack : error.stack
    this.fail('no-defect', `${node} reports: ${error.message}\n${stack ?? ''}`)
  }

  crash(index: number): boolean {
    const process = this.#processes[index]
    this.#processes[index] = undefined
    process?.host.kill()
    return process !== undefined
  }

  async stop(index: number): Promise<void> {
    const process = this.#processes[index]
    if (!process) return
    this.#processes[index] = undefined
    this.waiting += 1
    await process.server.close()
    await new Promise<void>((resolve) => void this.loop.after(lingerMs, resolve))
    if (process.host.timers > 0)
      this.fail('no-leak', `${process.host.name} is closed and has ${process.host.timers} timers`)
    process.host.kill()
    this.waiting -= 1
  }

  setClocks(aheadMs: number): void {
    this.#aheadMs = aheadMs
    for (const process of this.#processes) if (process) process.host.aheadMs = aheadMs
  }

  get aheadMs(): number {
    return this.#aheadMs
  }

  /** A webhook is called over the network. */
  #call(host: Host, url: string, body: string): Promise<WebhookAnswer | undefined> {
    return new Promise((resolve) => {
      this.loop.after(this.#delay(), () => {
        void this.receiver.called(url, body).then((answer) => {
          this.loop.after(this.#delay(), () => host.deliver(() => resolve(answer)))
        })
      })
    })
  }

  #delay(): number {
    return this.random.between(...this.setup.delayMs)
  }

  // What is asked of them.

  /** Asks one server once. Rejects as it does; `undefined` where no answer came. */
  ask<T>(question: (server: StreamServer) => Promise<T>): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      const answer = (settle: () => void): void => void this.loop.after(this.#delay(), settle)
      this.loop.after(this.#delay(), () => {
        const process = this.random.pick(this.#processes.filter((one) => one !== undefined))
        if (!process) return answer(() => resolve(undefined))
        this.loop.after(httpTimeoutMs, () => resolve(undefined))
        process.host.deliver(() => {
          question(process.server).then(
            (value) => answer(() => resolve(value)),
            (thrown: unknown) => {
              const error = HeadraceError.from(thrown)
              if (error.code === 'internal') this.#reported('an answer', error)
              answer(() => reject(error))
            },
          )
        })
      })
    })
  }

  /** Asks until there is an answer that is one. Rejects where it is refused for good. */
  async insist<T>(question: (server: StreamServer) => Promise<T>): Promise<T> {
    this.waiting += 1
    try {
      for (;;) {
        try {
          const value = await this.ask(question)
          if (value !== undefined) return value
        } catch (thrown) {
          if (HeadraceError.from(thrown).retry === 'never') throw thrown
        }
        await this.pause(againMs)
      }
    } finally {
      this.waiting -= 1
    }
  }

  pause(ms: number): Promise<void> {
    return new Promise((resolve) => void this.loop.after(ms, resolve))
  }
}
