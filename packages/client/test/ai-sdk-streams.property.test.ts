/** What is said of sessions to chats of the AI SDK, read by the AI SDK itself: version 7, and version 6. */
import { readUIMessageStream, uiMessageChunkSchema, type UIMessage, type UIMessageChunk } from 'ai'
import { readUIMessageStream as readV6, uiMessageChunkSchema as schemaV6 } from 'ai-v6'
import fc from 'fast-check'
import { expect, expectTypeOf, test } from 'vitest'
import {
  cooled,
  decide,
  emptyState,
  emptyView,
  fold,
  foldView,
  visibleEvent,
  visibleMessage,
  type CommandBody,
  type HiddenEvent,
  type Json,
  type Message,
  type Reader,
  type SessionEvent,
  type SessionState,
  type SessionView,
  type SystemCommandBody,
  type WriteOp,
} from '@headrace/core'
import {
  UiMessages,
  createUiChunkDecoder,
  createUiStream,
  type AiSdkVersion,
  type UiChunk,
  type UiMessage,
} from '@headrace/formats/ai-sdk'
import { PartWriter, RunParts } from '../src/agent/part-writer.ts'
import { randomLog } from '../../core/test/random-log.ts'
import { ada, server, writer } from '../../core/test/support.ts'

test('V1: the messages and chunks are those of the AI SDK', () => {
  expectTypeOf<UiMessage>().toExtend<UIMessage>()
  expectTypeOf<UiChunk>().toExtend<UIMessageChunk>()
})

const reader: Reader = { actor: 'user:ada' }

interface Life {
  readonly view: SessionView
  readonly older: readonly Message[]
  readonly events: readonly (SessionEvent | HiddenEvent)[]
}

/** Models name each call by another id; the random agents know only one. */
function randomLife(seed: number): readonly SessionEvent[] {
  return randomLog(seed, 90).map((event) => {
    if (event.type !== 'part.opened' || event.data.start.kind !== 'tool') return event
    return { ...event, data: { ...event.data, start: { ...event.data.start, callId: `c${event.seq}` } } }
  })
}

/** A life as ada sees it, up to an event, and what comes after it. */
function upTo(log: readonly SessionEvent[], seq: number): Life {
  let view = emptyView('demo/1')
  const older: Message[] = []
  for (const event of log.slice(0, seq)) {
    older.push(...cooled(view, event).flatMap((message) => visibleMessage(message, reader) ?? []))
    view = foldView(view, visibleEvent(event, reader))
  }
  return { view, older, events: log.slice(seq).map((event) => visibleEvent(event, reader)) }
}

/** What version 6 and 7 make of chunks; both check them first, as their transports do. */
async function read(chunks: readonly UIMessageChunk[], version: AiSdkVersion): Promise<UIMessage | undefined> {
  const schema = version === 7 ? uiMessageChunkSchema() : schemaV6()
  for (const chunk of chunks) {
    const checked = await schema.validate?.(JSON.parse(JSON.stringify(chunk)))
    expect(checked?.success, JSON.stringify(chunk)).toBe(true)
  }
  const errors: unknown[] = []
  const stream = new ReadableStream<UIMessageChunk>({
    start(controller) {
      for (const chunk of structuredClone(chunks)) controller.enqueue(chunk)
      controller.close()
    },
  })
  const options = { stream: stream as ReadableStream<never>, onError: (error: unknown) => errors.push(error) }
  let last: unknown
  for await (const message of version === 7 ? readUIMessageStream(options) : readV6(options)) last = message
  const told = chunks.filter(({ type }) => type === 'error').length
  expect(errors.length).toBe(told)
  return last as UIMessage | undefined // version 6 has the same shape
}

interface Bare {
  readonly others: readonly object[]
  readonly requests: readonly string[]
}

/** Without what the AI SDK adds for itself, and as JSON; requests that are about no call stand apart: they have no place. */
function bare(message: { readonly parts: readonly object[] } | undefined, run: string): Bare {
  const parts = (message?.parts ?? []).map((part) => {
    const { id: _, rawInput: __, preliminary, approval, ...rest } = part as Record<string, unknown>
    return {
      ...rest,
      ...(preliminary === true && { preliminary }),
      ...(isObject(approval) && !isUndecided(rest['state'], approval) && { approval }),
    }
  })
  const isRequest = (part: object): boolean => 'toolCallId' in part && String(part.toolCallId).startsWith(`${run}.`)
  const requests = parts
    .filter(isRequest)
    .map((part) => JSON.stringify(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))))
  const others = parts.filter((part) => !isRequest(part))
  return JSON.parse(JSON.stringify({ others, requests: requests.sort() })) as Bare // made of them
}

/** Who saw what was asked keeps it, where the call ended before anybody answered. */
function isUndecided(state: unknown, approval: object): boolean {
  return String(state).startsWith('output-') && !('approved' in approval)
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

const seeds = fc.record({ seed: fc.integer({ min: 1, max: 1e9 }), delay: fc.integer({ min: 0, max: 40 }) })
const pages = fc.integer({ min: 1, max: 40 })

test.each([7, 6] as const)(
  'V1: of any run of any session version %s makes the same message, whoever was there when',
  async (version) => {
    const said = new Set<string>()
    await fc.assert(
      fc.asyncProperty(seeds, pages, async ({ seed, delay }, pageSize) => {
        const log = randomLife(seed)
        for (const event of log) {
          if (event.type !== 'run.queued' || event.data.parent !== undefined) continue
          const run = event.data.id
          const life = upTo(log, event.seq + delay)
          const stream = createUiStream({ ...life, run, version })
          const chunks: UiChunk[] = [...stream.begin()]
          for (let at = 0; at < life.events.length && !stream.isOver; at += pageSize)
            chunks.push(...stream.push(life.events.slice(at, at + pageSize)))
          for (const { type } of chunks) said.add(type)
          const message = await read(chunks, version)
          // What was taken back and told anew stands there twice where there is no word for taking back.
          const starts = chunks.filter(({ type }) => type === 'reset-step').length
          const later = upTo(log, stream.view.seq)
          const late = createUiStream({ ...later, run, version })
          const lately = await read(late.begin(), version)
          if (isTakenBack(log, run)) continue
          if (isWrittenAcross(log, run)) {
            const { others, requests } = bare(lately, run)
            expect(bare(message, run)).toEqual({ others: expect.arrayContaining([...others]), requests })
            continue
          }
          expect(bare(message, run)).toEqual(bare(lately, run))
          expect(starts).toBe(0)
          if (version === 6) continue
          const shown = new UiMessages().answer(
            { messages: [...later.older, ...later.view.messages], view: later.view },
            run,
          )
          expect(message?.id).toBe(shown?.id)
        }
      }),
      {
        numRuns: version === 7 ? 15 : 8,
        examples: [
          // A call fails with another input than was streamed, between two looks at it.
          [{ seed: 15, delay: 21 }, 2],
          // An agent goes on in its first message after it has begun a second one.
          [{ seed: 658194629, delay: 0 }, 1],
          // An approval that nobody gave.
          [{ seed: 951163873, delay: 13 }, 22],
        ],
      },
    )
    expect(said.size).toBeGreaterThan(8)
    if (version === 6)
      expect(['reset-step', 'custom', 'tool-approval-response'].filter((type) => said.has(type))).toEqual([])
  },
)

/** Whether a step was begun again, or content redacted: what a stream can't always take back. */
function isTakenBack(log: readonly SessionEvent[], run: string): boolean {
  return log.some(
    (event) =>
      event.type === 'content.redacted' ||
      (event.run === run &&
        (event.type === 'step.restarted' || (event.type === 'part.opened' && event.data.attempt > 1))),
  )
}

/** Whether the run went on in one of its messages after it had begun a later one: no chunk has a place between others. */
function isWrittenAcross(log: readonly SessionEvent[], run: string): boolean {
  let latest: string | undefined
  return log.some((event) => {
    if (event.run !== run) return false
    if (event.type === 'message.opened') latest = event.data.id
    return event.type === 'part.opened' && latest !== undefined && event.data.message !== latest
  })
}

const word = fc.constantFrom('a', 'b c', 'é\u{1F600}', '"q"\n')
const url = fc.constantFrom('https://example.com/a', 'https://example.com/b?c=d')
const names = fc.constantFrom('search', 'weather')
const json = fc.jsonValue({ maxDepth: 2 })
const meta = fc.dictionary(fc.constantFrom('model', 'tokens', 'at'), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 2 })

/** A piece of a stream: some chunks that belong together; `n` makes ids of it. */
type Piece = (n: number) => readonly UIMessageChunk[]

const words = (type: 'text' | 'reasoning'): fc.Arbitrary<Piece> =>
  fc.array(word, { minLength: 1, maxLength: 4 }).map((deltas) => (n: number) => {
    const id = `${type}${n}`
    return [
      { type: `${type}-start`, id },
      ...deltas.map((delta) => ({ type: `${type}-delta` as const, id, delta })),
      { type: `${type}-end`, id },
    ]
  })

const outcomes: fc.Arbitrary<(toolCallId: string) => readonly UIMessageChunk[]> = fc.oneof(
  json.map((output) => (toolCallId: string) => [{ type: 'tool-output-available' as const, toolCallId, output }]),
  fc.tuple(json, json).map(([first, output]) => (toolCallId: string) => [
    { type: 'tool-output-available' as const, toolCallId, output: first, preliminary: true },
    { type: 'tool-output-available' as const, toolCallId, output },
  ]),
  word.map((errorText) => (toolCallId: string) => [{ type: 'tool-output-error' as const, toolCallId, errorText }]),
)
const tool: fc.Arbitrary<Piece> = fc
  .record({ toolName: names, input: json, streamed: fc.boolean(), outcome: outcomes })
  .map(({ toolName, input, streamed, outcome }) => (n) => {
    const toolCallId = `call${n}`
    const text = JSON.stringify(input)
    return [
      ...(streamed
        ? ([
            { type: 'tool-input-start', toolCallId, toolName },
            { type: 'tool-input-delta', toolCallId, inputTextDelta: text.slice(0, 1) },
            { type: 'tool-input-delta', toolCallId, inputTextDelta: text.slice(1) },
          ] as const)
        : []),
      { type: 'tool-input-available', toolCallId, toolName, input },
      ...outcome(toolCallId),
    ]
  })

const piece = (made: Piece): fc.Arbitrary<Piece> => fc.constant(made)

const pieces: fc.Arbitrary<Piece> = fc.oneof(
  words('text'),
  words('reasoning'),
  tool,
  fc
    .record({ toolName: names, input: json, errorText: word })
    .map((call) => (n: number) => [{ type: 'tool-input-error' as const, toolCallId: `call${n}`, ...call }]),
  fc.tuple(url, word).map(([address, title]) => (n: number) => [
    { type: 'source-url' as const, sourceId: `s${n}`, url: address, title },
  ]),
  word.map((title) => (n: number) => [
    { type: 'source-document' as const, sourceId: `s${n}`, mediaType: 'text/plain', title, filename: 'a.txt' },
  ]),
  url.map((address) => () => [{ type: 'file' as const, url: address, mediaType: 'image/png' }]),
  url.map((address) => () => [{ type: 'reasoning-file' as const, url: address, mediaType: 'image/png' }]),
  json.map((data) => (n: number) => [{ type: 'data-chart' as const, id: `d${n}`, data }]),
  json.map((data) => () => [{ type: 'data-note' as const, data }]),
  json.map((data) => () => [{ type: 'data-moment' as const, data, transient: true }]),
  meta.map((messageMetadata) => () => [{ type: 'message-metadata' as const, messageMetadata }]),
  piece(() => [{ type: 'custom', kind: 'openai.item', providerMetadata: { openai: { item: 1 } } }]),
  piece((n) => [{ type: 'steering-message', id: `m${n}`, parts: [{ type: 'text', text: 'steer' }] }]),
  piece((n) => [
    { type: 'tool-input-available', toolCallId: `call${n}`, toolName: 'search', input: {} },
    { type: 'tool-approval-request', toolCallId: `call${n}`, approvalId: `a${n}` },
    { type: 'tool-approval-response', approvalId: `a${n}`, approved: true },
    { type: 'tool-output-available', toolCallId: `call${n}`, output: 1 },
  ]),
  piece((n) => [
    { type: 'tool-input-available', toolCallId: `call${n}`, toolName: 'search', input: {} },
    { type: 'tool-approval-request', toolCallId: `call${n}`, approvalId: `a${n}` },
    { type: 'tool-output-denied', toolCallId: `call${n}` },
  ]),
  piece(() => [{ type: 'finish-step' }, { type: 'start-step' }]),
)

/** A session whose one run says what chunks of an upstream say. */
class Played {
  readonly log: SessionEvent[] = []
  #state: SessionState = emptyState('demo/1')
  #attempt = 1
  #n = 0
  #now = 1_000_000

  constructor() {
    this.#do({ type: 'create', agent: 'writer' }, ada)
    this.#do({ type: 'send', parts: [{ kind: 'text', text: 'go' }] }, ada)
    this.#do({ type: 'claim', run: this.run, worker: 'w' }, writer)
  }

  get run(): string {
    return this.#state.view.runs[0]?.id ?? ''
  }

  write(ops: readonly WriteOp[]): void {
    if (ops.length === 0) return
    this.#do({ type: 'write', run: this.run, attempt: this.#attempt, n: (this.#n += 1), ops }, writer)
  }

  /** The attempt is lost, and another one begins. */
  again(): void {
    this.#now += 60_000
    this.#do({ type: 'tick' }, server)
    this.#do({ type: 'claim', run: this.run, worker: 'w' }, writer)
    this.#attempt += 1
    this.#n = 0
  }

  #do(body: CommandBody | SystemCommandBody, grant: typeof ada): void {
    const decision = decide(this.#state, { grant, body }, this.#now)
    if (decision.outcome !== 'accepted') throw new Error(JSON.stringify(decision))
    for (const event of decision.events) {
      this.log.push(event)
      this.#state = fold(this.#state, event)
    }
  }
}

test.each([7, 6] as const)(
  'V2: what an AI SDK route streams comes out of a session as the message that it was, for version %s',
  async (version) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(pieces, { maxLength: 12, size: 'max' }),
        meta,
        pages,
        async (parts, messageMetadata, pageSize) => {
          const original: UIMessageChunk[] = [
            { type: 'start', messageId: 'x', messageMetadata },
            { type: 'start-step' },
            ...parts.flatMap((piece, index) => piece(index)),
            { type: 'finish-step' },
            { type: 'finish', finishReason: 'stop' },
          ]
          const played = new Played()
          const ops: WriteOp[] = []
          const into = new PartWriter({
            parts: new RunParts(),
            place: { message: '1', step: '1' },
            push: (op) => ops.push(op),
            onUsage: () => undefined,
          })
          const decoder = createUiChunkDecoder()
          for (const chunk of original) {
            for (const said of decoder.push(JSON.parse(JSON.stringify(chunk)))) into.write(said)
            played.write(ops.splice(0))
          }
          for (const said of decoder.end()) into.write(said)
          into.finish()
          played.write([...ops.splice(0), { op: 'end', reason: 'complete' }])
          const life = upTo(played.log, 3)
          const stream = createUiStream({ ...life, run: played.run, version })
          const chunks: UiChunk[] = [...stream.begin()]
          for (let at = 0; at < life.events.length; at += pageSize)
            chunks.push(...stream.push(life.events.slice(at, at + pageSize)))
          expect(stream.isOver).toBe(true)
          const before = await read(original, 7)
          const after = await read(chunks, version)
          const isKept = (part: object): boolean => version === 7 || !('kind' in part)
          expect(plain(after).filter(isKept)).toEqual(plain(before).filter(isKept))
          const metadata = before?.metadata ?? {}
          expect(after?.metadata ?? {}).toEqual(JSON.parse(JSON.stringify(metadata)))
        },
      ),
      { numRuns: 60 },
    )
  },
)

test('V1: metadata that was replaced, and then became an object again, is not mixed with what the reader has', async () => {
  const values = [{ at: { a: 1, b: 2 } }, { at: null }, { at: { a: 3 } }]
  const played = new Played()
  const note = (value: Json, part: number): void =>
    played.write([
      {
        op: 'open',
        message: '1',
        part: String(part),
        step: '1',
        start: { kind: 'data', name: 'ai-sdk:metadata', value },
      },
    ])
  note(values[0] ?? null, 0)
  const first = upTo(played.log, 3)
  const stream = createUiStream({ ...first, run: played.run, version: 7 })
  const chunks: UiChunk[] = [...stream.begin(), ...stream.push(first.events)]
  const known = played.log.length
  for (const [index, value] of values.slice(1).entries()) note(value, index + 1)
  chunks.push(...stream.push(upTo(played.log, known).events))
  expect((await read(chunks, 7))?.metadata).toEqual({ at: { a: 3 } })
})

test.each([
  [7, 'reset-step', ['new']],
  [6, undefined, ['old', 'new']],
] as const)('V1: for version %s a step that begins again is %s', async (version, told, words) => {
  const played = new Played()
  played.write([{ op: 'open', message: '1', part: '1', step: '1', start: { kind: 'text', text: 'old' } }])
  const first = upTo(played.log, 3)
  const stream = createUiStream({ ...first, run: played.run, version })
  const chunks: UiChunk[] = [...stream.begin(), ...stream.push(first.events)]
  const known = played.log.length
  played.again()
  played.write([
    { op: 'open', message: '1', part: '1', step: '1', start: { kind: 'text', text: 'new' } },
    { op: 'end', reason: 'complete' },
  ])
  chunks.push(...stream.push(upTo(played.log, known).events))
  expect(chunks.find(({ type }) => type === 'reset-step')?.type).toBe(told)
  const message = await read(chunks, version)
  expect(message?.parts.flatMap((part) => (part.type === 'text' ? [part.text] : []))).toEqual(words)
})

/** What a message says: without ids, steps and states, with what is not kept of a chunk as what it becomes. */
function plain(message: UIMessage | undefined): readonly object[] {
  const parts = (message?.parts ?? []).flatMap((part): object[] => {
    switch (part.type) {
      case 'step-start':
      case 'steering-message':
        return []
      case 'text':
      case 'reasoning':
        return part.text === '' ? [] : [{ type: part.type, text: part.text }]
      case 'reasoning-file':
        return [{ type: 'file', url: part.url, mediaType: part.mediaType }]
      default: {
        const {
          id: _,
          sourceId: __,
          approval: ___,
          rawInput: ____,
          ...rest
        } = part as unknown as Record<string, unknown>
        if (rest['state'] !== 'output-denied') return [rest]
        return [{ ...rest, state: 'output-error', errorText: 'The call was denied.' }]
      }
    }
  })
  return JSON.parse(JSON.stringify(parts)) as object[] // made of JSON
}
