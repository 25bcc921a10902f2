import type { Message, Run } from '@headrace/core'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { createTurnGrouper } from '../../src/model/turn-grouper.ts'
import { groupTurns } from '../../src/model/turns.ts'

const message = (seq: number, answers?: number): Message =>
  ({
    id: `m${seq}`,
    seq,
    at: 0,
    author: answers === undefined ? 'user:ada' : 'agent:guide',
    role: answers === undefined ? 'user' : 'assistant',
    status: 'complete',
    parent: answers === undefined ? null : `m${answers}`,
    parts: [],
    ...(answers !== undefined && { run: `r${answers}` }),
  }) as unknown as Message // what turns are made of
const run = (input: number, status: Run['status']): Run =>
  ({ id: `r${input}`, agent: 'guide', input: `m${input}`, status, attempt: 1 }) as unknown as Run // likewise

type Step =
  | { readonly kind: 'say' }
  | { readonly kind: 'answer'; readonly back: number }
  | { readonly kind: 'stream' | 'touch'; readonly back: number }
  | { readonly kind: 'older'; readonly count: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.constant({ kind: 'say' as const }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('answer' as const), back: fc.nat(400) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('stream', 'touch'), back: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('touch' as const), back: fc.nat(500) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('older' as const), count: fc.integer({ min: 1, max: 150 }) }) },
)

test('turns that are grouped as a session grows are those of the session as it is', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 500 }), fc.array(step, { maxLength: 60, size: 'max' }), (begin, steps) => {
      const group = createTurnGrouper()
      let first = 100_000
      let next = first
      let runs: readonly Run[] = []
      let messages: readonly Message[] = Array.from({ length: begin }, () => message(next++))
      for (const now of steps) {
        const at = 'back' in now ? messages.length - 1 - now.back : -1
        const aimed = messages[at]
        switch (now.kind) {
          case 'say':
            messages = [...messages, message(next++)]
            break
          case 'answer':
            if (!aimed || aimed.run !== undefined) break
            if (!runs.some(({ input }) => input === aimed.id)) runs = [...runs, run(aimed.seq, 'active')].slice(-50)
            messages = [...messages, message(next++, aimed.seq)]
            break
          case 'stream':
            if (aimed) messages = messages.with(at, { ...aimed })
            break
          case 'touch':
            runs = runs.map((each, index) =>
              index === runs.length - 1 - now.back ? run(Number(each.input.slice(1)), 'ended') : each,
            )
            break
          case 'older':
            messages = [...Array.from({ length: now.count }, () => message(--first)).toReversed(), ...messages]
            break
          default:
            now satisfies never
        }
        expect(group(messages, runs)).toEqual(groupTurns(messages, runs))
      }
      // Nothing changed, so nothing is new.
      expect(group(messages, runs)).toBe(group([...messages], [...runs]))
    }),
    { numRuns: 60 },
  )
})

test('a step in a session of 10,000 messages makes none of its turns anew but the one that changed', () => {
  const group = createTurnGrouper()
  const messages = Array.from({ length: 10_000 }, (_, index) => message(index + 1))
  const before = group(messages, [])
  const last = messages.at(-1)!
  const after = group(messages.with(-1, { ...last }), [])
  expect(after.filter((turn, index) => turn !== before[index])).toEqual([after.at(-1)])
})
