/**
 * The program of a plugin's thread: it loads one plugin, makes what that is there for, and calls it as it is told. Whatever
 * goes wrong in here ends at most this thread.
 */
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { parentPort, workerData } from 'node:worker_threads'
import { createPathMatcher } from '../../paths.ts'
import type { FromThread, PluginFacts, ThreadData, ToThread } from './messages.ts'

for (const stream of [process.stdout, process.stderr]) stream.write = () => true

type Methods = Record<string, ((...args: readonly unknown[]) => unknown) | undefined>

const say = (message: FromThread): void => parentPort?.postMessage(message)
const aborts = new Map<number, AbortController>()
const answers = new Map<
  number,
  { readonly resolve: (value: unknown) => void; readonly reject: (error: Error) => void }
>()
let nextAnswer = 0
let made: Methods = {}
/** An agent that was started: further calls are to it. */
let atWork: Methods | undefined

function words(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}

function functionsOf(value: unknown): readonly string[] {
  const names = new Set<string>()
  for (
    let at = value;
    typeof at === 'object' && at !== null && at !== Object.prototype;
    at = Object.getPrototypeOf(at)
  ) {
    for (const name of Object.getOwnPropertyNames(at)) {
      if (typeof (value as Methods)[name] === 'function') names.add(name) // an object: its properties can be looked at
    }
  }
  return [...names]
}

async function open({ file, settings }: ThreadData): Promise<PluginFacts> {
  const exported = (await import(pathToFileURL(file).href)) as { readonly plugin?: Record<string, unknown> } // looked at below
  const { plugin } = exported
  if (typeof plugin !== 'object' || plugin === null) throw new Error('it exports no `plugin`')
  const { create } = plugin
  if (typeof create !== 'function') throw new Error('its `plugin` has no `create`')
  const created: unknown = await (create as (given: unknown) => unknown).call(plugin, settings)
  if (typeof created !== 'object' || created === null) throw new Error('`create` made nothing')
  made = created as Methods // only what is a function is called
  return {
    interface: plugin['interface'],
    kind: plugin['kind'],
    name: plugin['name'],
    version: plugin['version'],
    about: plugin['about'],
    policy: made['policy'],
    inCell: made['inCell'],
    methods: functionsOf(created),
  }
}

function callback(call: number, name: string): (...args: readonly unknown[]) => Promise<unknown> {
  return async (...args) => {
    const id = nextAnswer++
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    answers.set(id, { resolve, reject })
    say({ type: 'callback', id, call, name, args })
    return promise
  }
}

/** The arguments with what could not be sent put back. */
function argumentsOf({ id, method, args, callbacks, signal }: Extract<ToThread, { type: 'call' }>): readonly unknown[] {
  const [first, ...rest] = args
  if (method === 'check') return [first, guardContext(rest[0])]
  if (signal === 'none' && callbacks.length === 0) return args
  const controller = new AbortController()
  aborts.set(id, controller)
  if (signal === 'last') return [...args, controller.signal]
  const functions = Object.fromEntries(callbacks.map((name) => [name, callback(id, name)]))
  return [{ ...(first as object), ...functions, signal: controller.signal }, ...rest] // an options object, by the sender
}

function guardContext(context: unknown): unknown {
  const { testGlobs, ...rest } = context as { readonly testGlobs: readonly string[] } // by the sender
  return { ...rest, isTest: createPathMatcher(testGlobs) }
}

async function call(message: Extract<ToThread, { type: 'call' }>): Promise<unknown> {
  const { method } = message
  const on = atWork !== undefined && method !== 'start' ? atWork : made
  const known = on[method]
  if (typeof known !== 'function') throw new Error(`it has no ${method}`)
  const value = await known.call(on, ...argumentsOf(message))
  if (method !== 'start') return value
  atWork = value as Methods // only what is a function is called
  const { session, resumed } = value as { readonly session?: unknown; readonly resumed?: unknown } // checked by the receiver
  return { session, resumed, methods: functionsOf(value) }
}

parentPort?.on('message', (message: ToThread) => {
  switch (message.type) {
    case 'call':
      call(message).then(
        (value) => {
          try {
            say({ type: 'done', id: message.id, value })
          } catch (thrown) {
            say({ type: 'failed', id: message.id, why: `it answered what is no data: ${words(thrown)}` })
          }
        },
        (thrown: unknown) => say({ type: 'failed', id: message.id, why: words(thrown) }),
      )
      break
    case 'abort':
      aborts.get(message.id)?.abort()
      break
    case 'answer': {
      const waiting = answers.get(message.id)
      answers.delete(message.id)
      if (message.error === undefined) waiting?.resolve(message.value)
      else waiting?.reject(new Error(message.error))
      break
    }
    default:
      message satisfies never
  }
})

open(workerData as ThreadData).then(
  (facts) => {
    try {
      say({ type: 'open', facts })
    } catch (thrown) {
      say({ type: 'broken', why: `what it says of itself is no data: ${words(thrown)}` })
    }
  },
  (thrown: unknown) => say({ type: 'broken', why: words(thrown) }),
)
