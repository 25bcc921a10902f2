import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decideStream, foldStream, jsonContent, noStream, type StreamCommand, type StreamState } from '../src/index.ts'

const mark = fc.record({
  id: fc.constantFrom('p', 'q'),
  epoch: fc.nat({ max: 2 }),
  seq: fc.nat({ max: 4 }),
})
const command: fc.Arbitrary<StreamCommand> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .record({ producer: fc.option(mark, { nil: undefined }), close: fc.constantFrom(false, false, false, true) })
      .map(({ producer, close }): StreamCommand => ({
        type: 'append',
        contentType: 'text/plain',
        content: { kind: 'text', text: 'x' },
        close,
        ...(producer && { producer }),
      })),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<StreamCommand[]>(
      { type: 'close' },
      { type: 'use' },
      { type: 'delete' },
      { type: 'fork', id: 'f', path: 'f' },
      { type: 'end-fork', id: 'f' },
    ),
  },
)

/** What producers may have had taken, by the words of D5 and none of the code. */
class Ledger {
  readonly #taken = new Map<string, { epoch: number; seq: number }>()

  expects({ id, epoch, seq }: { id: string; epoch: number; seq: number }): 'next' | 'repeat' | 'refused' {
    const last = this.#taken.get(id)
    if (!last || epoch > last.epoch) return seq === 0 ? 'next' : 'refused'
    if (epoch < last.epoch) return 'refused'
    return seq <= last.seq ? 'repeat' : seq === last.seq + 1 ? 'next' : 'refused'
  }

  take({ id, epoch, seq }: { id: string; epoch: number; seq: number }): void {
    this.#taken.set(id, { epoch, seq })
  }
}

describe('any stream', () => {
  test('D2 D4 D5: whatever is asked in whatever order, seqs are dense, the end moves by content only, and producers get each number once', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 60, size: 'max' }), (commands) => {
        const ledger = new Ledger()
        const create: StreamCommand = { type: 'create', id: 's', contentType: 'text/plain', closed: false }
        let state: StreamState = noStream
        for (const [index, one] of [create, ...commands].entries()) {
          const before = state
          const decision = decideStream(state, one, { now: index, usedAt: 0 })
          const producer = one.type === 'append' ? one.producer : undefined
          const isOpen = !before.closed && !before.deleted && before.id !== ''
          if (producer && isOpen) {
            const outcome = { accepted: 'next', noop: 'repeat', refused: 'refused' }[decision.outcome]
            expect(outcome).toBe(ledger.expects(producer))
          }
          if (decision.outcome !== 'accepted') continue
          if (producer) ledger.take(producer)
          expect(decision.events.map(({ seq }) => seq)).toEqual(decision.events.map((_, n) => before.seq + n + 1))
          expect(decision.events.reduce(foldStream, before)).toEqual(decision.state)
          ;({ state } = decision)
          const brought = decision.events.findLast(({ type }) => type === 'stream.appended')
          expect(state.tail).toBe(brought?.seq ?? before.tail)
          expect(before.closed && brought !== undefined).toBe(false)
          if (before.closed) expect(state.closed).toBe(true)
        }
      }),
    )
  })

  test('D3: an array of any JSON comes apart into its items, however it is written', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue(), { minLength: 1 }), fc.nat({ max: 3 }), (values, indent) => {
        const content = jsonContent(JSON.stringify(values, undefined, indent))
        expect(content).toMatchObject({ kind: 'json', count: values.length })
        if (content?.kind === 'json') expect(JSON.parse(content.json)).toEqual(JSON.parse(JSON.stringify(values)))
      }),
    )
  })
})
