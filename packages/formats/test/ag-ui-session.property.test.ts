import { AbstractAgent, type BaseEvent, type Message, type RunAgentInput } from '@ag-ui/client'
import fc from 'fast-check'
import { from, type Observable } from 'rxjs'
import { expect, test } from 'vitest'
import {
  cooled,
  emptyView,
  foldView,
  visibleEvent,
  visibleMessage,
  type HiddenEvent,
  type Message as OwnMessage,
  type Reader,
  type SessionEvent,
  type SessionView,
} from '@headrace/core'
import {
  createAgUiEncoder,
  fromAgUi,
  type AgUiEncoder,
  type AgUiEvent,
  type AgUiMessage,
} from '@headrace/formats/ag-ui'
import { randomLog } from '../../core/test/random-log.ts'

const reader: Reader = { actor: 'user:ada' }
/** Models name each call by another id; the random agents know only one. */
function randomLife(seed: number, steps: number): readonly SessionEvent[] {
  return randomLog(seed, steps).map((event) => {
    if (event.type !== 'part.opened' || event.data.start.kind !== 'tool') return event
    const start = { ...event.data.start, callId: `c${event.seq}` }
    return { ...event, data: { ...event.data, start } }
  })
}

type Shown = SessionEvent | HiddenEvent

/** The client's own pipeline: it checks every event, and applies it. */
class Replay extends AbstractAgent {
  readonly #events: readonly AgUiEvent[]

  constructor(events: readonly AgUiEvent[], messages: readonly AgUiMessage[] = []) {
    super({ initialMessages: structuredClone(messages) as unknown as Message[] }) // the shapes are the same: see the type test
    this.#events = events
  }

  run(_input: RunAgentInput): Observable<BaseEvent> {
    return from(structuredClone(this.#events) as unknown as BaseEvent[]) // as above
  }
}

interface Life {
  readonly events: readonly Shown[]
  readonly view: SessionView
  readonly older: readonly OwnMessage[]
}

/** A life as ada sees it, up to an event. */
function upTo(log: readonly SessionEvent[], seq: number): Life {
  let view = emptyView('demo/1')
  const older: OwnMessage[] = []
  for (const event of log.slice(0, seq)) {
    older.push(...cooled(view, event).flatMap((message) => visibleMessage(message, reader) ?? []))
    view = foldView(view, visibleEvent(event, reader))
  }
  return { view, older, events: log.slice(seq).map((event) => visibleEvent(event, reader)) }
}

/** Who may answer nothing sees runs to their end; the others see them up to the first request. */
function follow(
  { view, older }: Life,
  run: string,
  options: { answers?: boolean; from?: 'snapshot' | 'whole' } = {},
): AgUiEncoder {
  const { answers = false, from: begin = 'snapshot' } = options
  const about = { threadId: 'demo/1', runId: 'x', view, older, follow: { run }, from: begin, clientTools: ['where'] }
  return createAgUiEncoder({ ...about, mayAnswer: () => answers })
}

/** The life of a run from a moment after it was asked for. */
function* lives(log: readonly SessionEvent[], delay: number): Generator<{ life: Life; run: string }, void, undefined> {
  for (const event of log)
    if (event.type === 'run.queued' && event.data.parent === undefined)
      yield { life: upTo(log, event.seq + Math.floor(delay * 40)), run: event.data.id }
}

/** What is said of a run, in pages of so many events. */
function stream(life: Life, encoder: AgUiEncoder, pageSize: number): readonly AgUiEvent[] {
  const said = [...encoder.begin()]
  for (let at = 0; at < life.events.length && !encoder.isDone; at += pageSize)
    said.push(...encoder.push(life.events.slice(at, at + pageSize)))
  return said
}

/**
 * What a client shows of messages. Who saw a call that was taken back has given its id away, so a call that comes later has
 * another id there than for who never saw the first: the rest of such an id is left out.
 */
function bare(messages: readonly (Message | AgUiMessage)[]): readonly unknown[] {
  const text = JSON.stringify(messages.map(({ metadata: _, ...message }) => message))
  const plain = JSON.parse(text.replaceAll(/("(?:id|toolCallId)":"c\d*)~[^"]*"/g, '$1"')) as { readonly id: string }[]
  return plain.sort((a, b) => (a.id < b.id ? -1 : 1))
}

const seeds = fc.record({
  seed: fc.integer({ min: 1, max: 1e9 }),
  delay: fc.double({ min: 0, max: 1, noNaN: true }),
  answers: fc.boolean(),
})
const pages = fc.integer({ min: 1, max: 40 })

test('U2: what is said of any run of any session passes the checks of @ag-ui/client, and gives what a late joiner gets', async () => {
  const said = new Set<string>()
  await fc.assert(
    fc.asyncProperty(seeds, pages, async ({ seed, delay, answers }, pageSize) => {
      const log = randomLife(seed, 90)
      for (const { life, run } of lives(log, delay)) {
        const encoder = follow(life, run, { answers })
        const events = stream(life, encoder, pageSize)
        for (const { type } of events) said.add(type)
        const agent = new Replay(events)
        await agent.runAgent()
        expect(agent.state).toEqual(encoder.view.document.value)
        if (!encoder.isDone || events.at(-1)?.type === 'RUN_ERROR') continue
        const later = upTo(log, encoder.view.seq)
        const [snapshot] = follow(later, run)
          .begin()
          .filter((event) => event.type === 'MESSAGES_SNAPSHOT')
        const messages = snapshot?.messages ?? []
        // Reasoning is what the client keeps from a snapshot that has none.
        const hasReasoning = messages.some(({ role }) => role === 'reasoning')
        const kept = agent.messages.filter(({ role }) => hasReasoning || role !== 'reasoning')
        expect(bare(kept)).toEqual(bare(messages))
      }
    }),
    { numRuns: 12 },
  )
  // How many kinds come up depends on the lives that were played.
  expect(said.size).toBeGreaterThan(10)
})

test('U2: when an answer is given anew, the one before it is taken back', () => {
  /** Messages of the session that a client was given first, and that who comes later is not given. */
  const replacedIn = (seed: number): readonly string[] => {
    const log = randomLife(seed, 90)
    return [...lives(log, 0.001)].flatMap(({ life, run }) => {
      const encoder = follow(life, run)
      const events = stream(life, encoder, 1)
      const [first = [], last = first] = [idsOf(events)[0], idsOf(events).at(-1)]
      const [late = []] = idsOf(follow(upTo(log, encoder.view.seq), run).begin())
      // One that is out of the view is redacted, or too old to be in it.
      const replaced = encoder.view.messages.filter(({ id }) => isIn(first, id) && !isIn(late, id)).map(({ id }) => id)
      expect(replaced.filter((id) => isIn(last, id))).toEqual([])
      return replaced
    })
  }
  // Few lives have it; which ones depends on how they are made.
  expect(Array.from({ length: 60 }, (_, index) => replacedIn(index + 1)).flat()).not.toEqual([])
})

/** The messages of each snapshot. */
function idsOf(events: readonly AgUiEvent[]): readonly (readonly string[])[] {
  return events.flatMap((event) => (event.type === 'MESSAGES_SNAPSHOT' ? [event.messages.map(({ id }) => id)] : []))
}

/** Whether a message, or a part of it, is among what was shown. */
function isIn(shown: readonly string[], message: string): boolean {
  return shown.some((id) => id === message || id.startsWith(`${message}/`))
}

test('U2: a client that lost its stream and comes back has each word once', async () => {
  await fc.assert(
    fc.asyncProperty(seeds, pages, async ({ seed, delay, answers }, pageSize) => {
      const log = randomLife(seed, 60)
      for (const { life, run } of lives(log, delay)) {
        const encoder = follow(life, run, { answers })
        const lost = [...encoder.begin(), ...encoder.push(life.events.slice(0, pageSize))]
        if (encoder.isDone) continue
        const agent = new Replay(lost)
        await agent.runAgent()
        const again = upTo(log, encoder.view.seq)
        const events = stream(again, follow(again, run, { answers }), pageSize)
        const back = new Replay(events, agent.messages)
        await back.runAgent()
        const fresh = new Replay(events)
        await fresh.runAgent()
        expect(bare(back.messages)).toEqual(bare(fresh.messages))
      }
    }),
    { numRuns: 5 },
  )
})

test('U3: what is read of what is said is what was said', () => {
  fc.assert(
    fc.property(seeds, pages, ({ seed }, pageSize) => {
      const log = randomLife(seed, 90)
      const [first] = lives(log, 0)
      if (!first) return
      const { life, run } = first
      const encoder = follow(life, run, { from: 'whole' })
      const events = stream(life, encoder, pageSize)
      const decoder = fromAgUi()
      const texts = new Map<string, string>()
      for (const said of events) {
        if (said.type === 'RUN_ERROR') {
          expect(() => decoder.push(said)).toThrow(expect.objectContaining({ code: 'upstream_failed' }))
          return
        }
        if (said.type === 'RUN_FINISHED' && said.outcome?.type === 'cancelled') return
        for (const chunk of decoder.push(said))
          if (chunk.type === 'text' || chunk.type === 'reasoning')
            texts.set(chunk.id ?? '', (texts.get(chunk.id ?? '') ?? '') + chunk.text)
      }
      if (encoder.isDone) decoder.end()
      // A snapshot in the middle says that something was taken back.
      if (events.some(({ type }) => type === 'MESSAGES_SNAPSHOT')) return
      for (const message of encoder.view.messages)
        for (const part of message.parts) {
          const text = texts.get(`${message.id}/${part.id}`)
          if (text !== undefined && 'text' in part && !part.redacted) expect(text).toBe(part.text)
        }
    }),
    { numRuns: 50 },
  )
})
