/** What each reader of a random life gets to see, and what no reader may: see `model.ts`. */
import { isDeepStrictEqual } from 'node:util'
import { expect } from 'vitest'
import {
  emptyState,
  foldView,
  promptView,
  sees,
  textOf,
  visibleEvent,
  visibleView,
  type Actor,
  type Audience,
  type Run,
  type SessionEvent,
  type SessionState,
  type SessionView,
} from '../src/index.ts'
import { secrets } from './model-commands.ts'
import { roundTrip, same } from './support.ts'

const actors: readonly Actor[] = ['user:cleo', 'user:bob', 'operator:sue', 'agent:assistant']

/** Clients that have followed from the start, each with what it is sent. */
export class Readers {
  #views = actors.map((actor) => ({ reader: { actor }, view: emptyState('demo/1').view }))
  /** For whom each secret was written. */
  readonly #written = new Map<string, Audience>()

  /** @param event - as it came from JSON */
  append(event: SessionEvent): void {
    if (event.to !== undefined)
      for (const [word] of JSON.stringify(event).matchAll(secrets)) this.#written.set(word, event.to)
    this.#views = this.#views.map(({ reader, view }) => ({
      reader,
      view: foldView(view, visibleEvent(event, reader)),
    }))
  }

  /** L7a, L7c: what they have folded is what a joiner would get now. */
  check(view: SessionView): void {
    for (const { reader, view: own } of this.#views) {
      const joined = visibleView(view, reader)
      if (!isDeepStrictEqual(own, joined)) expect(own, `${reader.actor}'s own fold`).toEqual(joined)
    }
  }

  /** L7a: what is not for a reader is nowhere in what they see. */
  checkSecrets(): void {
    for (const { reader, view } of this.#views) {
      for (const [word] of JSON.stringify(view).matchAll(secrets))
        same(sees(reader, this.#written.get(word)), true, `${reader.actor} sees ${word}`)
    }
  }

  /** L7c: also who begins with any snapshot. */
  checkFrom(snapshot: SessionState, rest: readonly SessionEvent[]): void {
    for (const { reader, view: own } of this.#views) {
      const begun = roundTrip(visibleView(snapshot.view, reader))
      const after = rest.reduce((view, event) => foldView(view, roundTrip(visibleEvent(event, reader))), begun)
      if (!isDeepStrictEqual(after, own)) expect(after, `${reader.actor} from ${snapshot.view.seq}`).toEqual(own)
    }
  }
}

/** S8: the prompt of each run that is open, as its agent sees the session. */
export function checkPrompts(view: SessionView): void {
  for (const run of view.runs) if (run.status !== 'ended') checkPrompt(view, run)
}

function checkPrompt(whole: SessionView, run: Run): void {
  const view = visibleView(whole, { actor: `agent:${run.agent}` })
  const prompt = promptView(view, { agent: run.agent, run: run.id, reasoning: true })
  const byId = new Map(view.messages.map((message) => [message.id, message]))
  const given = new Set(prompt.map((message) => message.id))
  same(given.size, prompt.length)
  const places = prompt.map((message) => byId.get(message.id)?.seq ?? 0)
  expect(places).toEqual([...places].sort((a, b) => a - b))
  expect(places).not.toContain(0)
  for (const message of prompt) {
    same(message.name === '', false, 'a name')
    same(message.interrupted === true, byId.get(message.id)?.status === 'interrupted')
    for (const part of message.parts) if (part.kind === 'tool') same('output' in part, !('error' in part), part.callId)
  }
  expect(JSON.stringify(prompt)).not.toContain('\u2588')
  for (const message of view.messages) {
    const own = message.run === run.id && message.role === 'assistant'
    const steer = run.steers?.some(({ message: id, status }) => id === message.id && status !== 'missed') ?? false
    if ((own || steer || message.id === run.input) && textOf(message) !== '' && !isTakenOut(message))
      same(given.has(message.id), true, `${message.id} for ${run.id}`)
  }
}

function isTakenOut({ parts }: SessionView['messages'][number]): boolean {
  return parts.every((part) => part.redacted === true || part.kind !== 'text')
}
