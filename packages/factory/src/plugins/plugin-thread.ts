/**
 * A plugin at work, in a thread of its own. It may throw, hang in a loop or end its process: what was asked of it is answered
 * with an error that names it, its thread is gone, and the next call begins with a fresh one.
 */
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { JsonObject } from '@headrace/core'
import { FactoryError } from '../errors.ts'
import type { FromThread, PluginFacts, ThreadData, ToThread } from './thread/messages.ts'

export interface PluginThreadOptions {
  /** How it is called in what is said of it. */
  readonly label: string
  readonly file: string
  readonly settings: JsonObject
  /** How long it may take to load, and for each call that says nothing else, in ms. */
  readonly timeoutMs: number
}

export interface PluginCall {
  /** Functions of the first argument, by their names. They may be called for as long as the thread lives. */
  readonly callbacks?: Readonly<Record<string, (...args: readonly unknown[]) => unknown>>
  readonly signal?: AbortSignal
  /** Where the plugin finds the signal. Default `option`: in the first argument. */
  readonly signalAt?: 'option' | 'last'
  /** In ms. `none`: until the signal is aborted, and then as long as the time-out of the plugin. */
  readonly timeoutMs?: number | 'none'
}

interface Pending {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: FactoryError) => void
  readonly callbacks: PluginCall['callbacks']
  isOver: boolean
}

const isSource = import.meta.url.endsWith('.ts')
const main = fileURLToPath(new URL(isSource ? './thread/main.ts' : './thread/main.js', import.meta.url))

export class PluginThread {
  readonly #options: PluginThreadOptions
  #live: { readonly worker: Worker; readonly facts: Promise<PluginFacts> } | undefined
  readonly #pending = new Map<number, Pending>()
  #next = 0
  #open = 0
  #isRetired = false

  constructor(options: PluginThreadOptions) {
    this.#options = options
  }

  /** What it says of itself. Loads it where it is not. @throws FactoryError `plugin_failed` */
  async facts(): Promise<PluginFacts> {
    this.#live ??= this.#start()
    return this.#live.facts
  }

  /** @throws FactoryError `plugin_failed` when it throws, hangs, or ends */
  async call(method: string, args: readonly unknown[], options: PluginCall = {}): Promise<unknown> {
    const { signal, signalAt = 'option', timeoutMs = this.#options.timeoutMs, callbacks = {} } = options
    await this.facts()
    const worker = this.#live?.worker
    if (!worker) throw this.#failed('ended')
    const id = this.#next++
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    this.#pending.set(id, { resolve, reject, callbacks, isOver: false })
    const stops: (() => void)[] = []
    const within = (ms: number): void => {
      const timer = setTimeout(() => this.#end(this.#failed(`took longer than ${ms / 1_000} s in ${method}`)), ms)
      stops.push(() => clearTimeout(timer))
    }
    if (timeoutMs !== 'none') within(timeoutMs)
    const abort = (): void => {
      this.#post({ type: 'abort', id })
      if (timeoutMs === 'none') within(this.#options.timeoutMs)
    }
    this.#hold(1)
    try {
      const message: ToThread = {
        type: 'call',
        id,
        method,
        args,
        callbacks: Object.keys(callbacks),
        signal: signal ? signalAt : 'none',
      }
      worker.postMessage(message)
      if (signal?.aborted) abort()
      else signal?.addEventListener('abort', abort, { once: true })
      // One that was given functions keeps them and the signal after its answer.
      if (Object.keys(callbacks).length === 0) stops.push(() => signal?.removeEventListener('abort', abort))
      return await promise
    } finally {
      this.#hold(-1)
      for (const stop of stops) stop()
      if (Object.keys(callbacks).length === 0) this.#pending.delete(id)
    }
  }

  /** Ends the thread; what is under way fails. Idempotent, and the next call begins anew. */
  async close(): Promise<void> {
    const worker = this.#live?.worker
    this.#end(this.#failed('was closed'))
    await worker?.terminate()
  }

  /** Ends the thread once nothing is asked of it any more. */
  retire(): void {
    this.#isRetired = true
    this.#hold(0)
  }

  #start(): { readonly worker: Worker; readonly facts: Promise<PluginFacts> } {
    const { file, settings, timeoutMs } = this.#options
    const { promise: facts, resolve, reject } = Promise.withResolvers<PluginFacts>()
    const data: ThreadData = { file, settings }
    const worker = new Worker(main, {
      workerData: data,
      // What it prints is nobody's output, and is thrown away in there: reading it here would keep this process alive.
      stdout: true,
      stderr: true,
      execArgv: isSource ? ['--conditions=@headrace/source'] : [],
      resourceLimits: { maxOldGenerationSizeMb: 512 },
    })
    const fail = (error: FactoryError): void => {
      reject(error)
      if (this.#live?.worker === worker) this.#end(error)
    }
    const timer = setTimeout(() => fail(this.#failed(`took longer than ${timeoutMs / 1_000} s to load`)), timeoutMs)
    worker.on('message', (message: FromThread) => {
      if (message.type === 'open') resolve(message.facts)
      else if (message.type === 'broken') fail(this.#failed(`could not be loaded: ${message.why}`))
      else this.#take(message)
    })
    worker.on('error', (error: unknown) => fail(this.#failed(error instanceof Error ? error.message : String(error))))
    worker.on('exit', () => fail(this.#failed('ended')))
    facts.then(
      () => clearTimeout(timer),
      () => clearTimeout(timer),
    )
    void facts.then(() => this.#hold(0)).catch(() => undefined)
    return { worker, facts }
  }

  #take(message: Exclude<FromThread, { readonly type: 'open' | 'broken' }>): void {
    switch (message.type) {
      case 'done':
        return this.#over(message.id)?.resolve(message.value)
      case 'failed':
        return this.#over(message.id)?.reject(this.#failed(`failed: ${message.why.slice(0, 1_000)}`))
      case 'callback':
        return void this.#callBack(message)
      default:
        message satisfies never
    }
  }

  #over(id: number): Pending | undefined {
    const pending = this.#pending.get(id)
    if (pending) pending.isOver = true
    return pending
  }

  async #callBack({ id, call, name, args }: Extract<FromThread, { readonly type: 'callback' }>): Promise<void> {
    const callbacks = this.#pending.get(call)?.callbacks ?? {}
    try {
      const known = Object.hasOwn(callbacks, name) ? callbacks[name] : undefined
      this.#post({ type: 'answer', id, value: await known?.(...args) })
    } catch (thrown) {
      this.#post({ type: 'answer', id, error: thrown instanceof Error ? thrown.message : String(thrown) })
    }
  }

  #post(message: ToThread): void {
    this.#live?.worker.postMessage(message)
  }

  /** A plugin that waits for nothing keeps no process alive, and one that is asked something does. */
  #hold(change: number): void {
    this.#open += change
    if (this.#open > 0) this.#live?.worker.ref()
    else if (this.#isRetired) this.#end(this.#failed('was closed'))
    else this.#live?.worker.unref()
  }

  #end(error: FactoryError): void {
    const live = this.#live
    this.#live = undefined
    void live?.worker.terminate()
    for (const { reject, isOver } of this.#pending.values()) if (!isOver) reject(error)
    this.#pending.clear()
  }

  #failed(what: string): FactoryError {
    return new FactoryError('plugin_failed', `The plugin ${this.#options.label} ${what}.`)
  }
}
