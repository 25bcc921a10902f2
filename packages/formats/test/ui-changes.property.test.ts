/** What a chat makes of our chunks, read by the AI SDK itself, is the message that they were made from. */
import { readUIMessageStream, type UIMessage, type UIMessageChunk } from 'ai'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { emptyView, type Message, type Part, type Request } from '@headrace/core'
import { UiMessages } from '../src/ai-sdk/to-ui-messages.ts'
import { uiChanges } from '../src/ai-sdk/ui-changes.ts'
import type { UiPart } from '../src/ai-sdk/ui-message.ts'

/** Something an agent does, or somebody answers. `look`: the chat reads what there is. */
type Move =
  | { readonly do: 'text' | 'reasoning'; readonly text: string }
  | {
      readonly do: 'call' | 'stream-call' | 'input' | 'other-input' | 'result' | 'fail' | 'ask' | 'approve' | 'deny'
      readonly call: number
    }
  | { readonly do: 'data' | 'source' | 'close' | 'restart' | 'look' }

const text = fc.string({ minLength: 1, maxLength: 4 })
const call = fc.integer({ min: 0, max: 2 })
const move: fc.Arbitrary<Move> = fc.oneof(
  fc.record({ do: fc.constantFrom('text', 'reasoning'), text }),
  fc.record({
    do: fc.constantFrom('call', 'stream-call', 'input', 'other-input', 'result', 'fail', 'ask', 'approve', 'deny'),
    call,
  }),
  fc.record({ do: fc.constantFrom('data', 'source', 'close') }),
  { weight: 3, arbitrary: fc.record({ do: fc.constant('look') }) },
)

interface World {
  readonly parts: readonly Part[]
  readonly requests: readonly Request[]
}

const input = { city: 'Bern', list: [1, 2] }
/** As models write it, and not as `JSON.stringify` does. */
const inputText = '{"city": "Bern", "list": [1, 2]}'

function play({ parts, requests }: World, move: Move, at: number): World {
  const last = parts.at(-1)
  const change = (which: (part: Part) => boolean, to: (part: Part) => Part): World => ({
    parts: parts.map((part) => (which(part) ? to(part) : part)),
    requests,
  })
  const isCall = (part: Part): boolean => 'call' in move && part.kind === 'tool' && part.callId === `c${move.call}`
  const isOpen = (part: Part): boolean => isCall(part) && part.status === 'open'
  const settled = parts.map((part): Part => (part.kind === 'tool' ? part : { ...part, status: 'closed' }))
  const add = (part: Part): World => ({ parts: [...settled, part], requests })
  const decided = (decision: 'approve' | 'deny'): World => ({
    parts,
    requests: requests.map((request) =>
      'call' in move && request.id === `r1.c${move.call}` && request.status === 'open'
        ? { ...request, status: 'answered', answer: { decision }, closedAt: at }
        : request,
    ),
  })
  switch (move.do) {
    case 'text':
    case 'reasoning':
      if (last?.kind === move.do && last.status === 'open')
        return change(
          (part) => part === last,
          (part) => ({ ...part, text: last.text + move.text }) as Part,
        ) // of its kind
      return add({ id: `p${at}`, kind: move.do, status: 'open', text: move.text })
    case 'call':
    case 'stream-call': {
      if (parts.some(isCall)) return { parts, requests }
      const whole = move.do === 'call' ? { text: '', input } : { text: inputText.slice(0, at % inputText.length) }
      return add({ id: `p${at}`, kind: 'tool', status: 'open', name: 'tool', callId: `c${move.call}`, ...whole })
    }
    case 'input':
      return change(isOpen, (part) => ({ input, ...part, text: inputText }) as Part) // a call
    case 'other-input':
      return change(
        // A chat takes no other input for a call of an earlier step.
        (part) => isOpen(part) && parts.slice(parts.indexOf(part)).every(({ kind }) => kind === 'tool'),
        (part) => ({ ...part, input: { city: 'Basel', at } }) as Part, // a call
      )
    case 'result':
      return change(isOpen, (part) => ({ input, ...part, text: inputText, output: at, status: 'closed' }) as Part)
    case 'fail':
      return change(isOpen, (part) => ({ input, ...part, text: inputText, error: 'no', status: 'closed' }) as Part)
    case 'ask': {
      const id = `r1.c${move.call}`
      const asked = parts.some((part) => isOpen(part) && 'input' in part) && !requests.some((each) => each.id === id)
      const spec = { kind: 'approval', title: 'May I?', action: input } as const
      return asked
        ? { parts, requests: [...requests, { id, run: 'r1', openedAt: at, spec, status: 'open' }] }
        : { parts, requests }
    }
    case 'approve':
    case 'deny':
      return parts.some(isOpen) ? decided(move.do) : { parts, requests }
    case 'data':
      return add({ id: `p${at}`, kind: 'data', status: 'closed', name: 'x', value: at })
    case 'source':
      return add({ id: `p${at}`, kind: 'source', status: 'closed', url: 'https://example.com' })
    case 'close':
      return { parts: settled, requests }
    case 'restart':
      return { parts: [], requests }
    case 'look':
      return { parts, requests }
    default:
      return move satisfies never
  }
}

function shown({ parts, requests }: World): readonly UiPart[] {
  const message: Message = {
    id: 'r1.answer',
    seq: 1,
    at: 0,
    parent: null,
    role: 'assistant',
    author: 'agent:assistant',
    status: 'open',
    run: 'r1',
    chars: 0,
    parts,
  }
  const view = { ...emptyView('s'), requests, messages: [message], head: message.id }
  return new UiMessages().answer({ view, messages: [message] }, 'r1')?.parts ?? []
}

async function read(chunks: readonly object[]): Promise<UIMessage | undefined> {
  const stream = new ReadableStream<UIMessageChunk>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk as UIMessageChunk) // the types are compared elsewhere
      controller.close()
    },
  })
  let message: UIMessage | undefined
  for await (const state of readUIMessageStream({
    stream,
    onError: (error) => {
      throw error
    },
  }))
    message = state
  return message
}

/** What a page sees of parts; what is of no state stays out. */
function plain(parts: readonly object[]): unknown {
  return JSON.parse(
    JSON.stringify(parts, (key: string, value: unknown) => (key === 'rawInput' || key === 'id' ? undefined : value)),
  )
}

/** Without what can't be the same in both. */
function comparable(parts: readonly UiPart[]): readonly object[] {
  return parts.map((part) => {
    if (!('toolCallId' in part)) return part
    // The AI SDK reads what has come of an input as far as it can be read.
    if (part.state === 'input-streaming') return { ...part, input: '…' }
    // It keeps what was asked, where the call ended before anybody answered.
    const isUndecided = 'approval' in part && part.state.startsWith('output-') && !('approved' in (part.approval ?? {}))
    return isUndecided ? { ...part, approval: undefined } : part
  })
}

test('V20 V21: however much happens between two looks, the chat ends with the message as it is', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(move, { maxLength: 40, size: 'max' }), async (moves) => {
      let world: World = { parts: [], requests: [] }
      let has: readonly UiPart[] = []
      const chunks: object[] = [{ type: 'start', messageId: 'r1.answer' }]
      for (const [at, each] of [...moves, { do: 'look' } as const].entries()) {
        world = play(world, each, at)
        if (each.do !== 'look') continue
        const changes = uiChanges(has, shown(world))
        expect(changes).toBeDefined()
        chunks.push(...(changes?.chunks ?? []))
        has = changes?.parts ?? []
      }
      const message = await read(chunks)
      const parts = (message?.parts ?? []) as UiPart[] // made of our chunks
      expect(plain(comparable(parts))).toEqual(plain(comparable(shown(world))))
    }),
    {
      numRuns: 300,
      // Found: the input of a call comes when the words after it have been said already.
      examples: [
        [[{ do: 'stream-call', call: 2 }, { do: 'text', text: ' ' }, { do: 'look' }, { do: 'input', call: 2 }]],
      ],
    },
  )
})

test('V21: what another attempt begins anew is taken back in the chat, where its last step holds it', async () => {
  const one = play({ parts: [], requests: [] }, { do: 'text', text: 'lost words' }, 1)
  const two = play(play(one, { do: 'restart' }, 2), { do: 'text', text: 'new words' }, 3)
  const first = uiChanges([], shown(one))
  const second = uiChanges(first?.parts ?? [], shown(two))
  expect(second?.chunks[0]).toEqual({ type: 'reset-step' })
  const message = await read([{ type: 'start', messageId: 'm' }, ...(first?.chunks ?? []), ...(second?.chunks ?? [])])
  expect(plain(message?.parts ?? [])).toEqual(plain(shown(two)))
})
