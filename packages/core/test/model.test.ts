import process from 'node:process'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { SessionEvent } from '../src/index.ts'
import { lives, type RandomLife } from './model-steps.ts'
import { live } from './model.ts'

/** `HEADRACE_PROPERTY_RUNS=20000 npx vitest run packages/core/test/model.test.ts` looks longer. */
const numRuns = Number(process.env['HEADRACE_PROPERTY_RUNS'] ?? 60)

const reached = [
  'message.added not for all',
  'part.opened not for all',
  'part.delta not for all',
  'request.opened not for all',
  'request.answered',
  'request.expired',
  'request.escalated',
  'request.withdrawn',
  'request.claimed',
  'request.released',
  'run.suspended',
  'run.woken',
  'run.paused',
  'run.resumed',
  'run.moved',
  'run.steered',
  'steer.consumed',
  'a steer carried',
  'a run of a run',
  'run.undelivered',
  'run.retried',
  'run.used',
  'budget.warned',
  'step.restarted',
  'ended budget',
  'ended lost',
  'ended cancelled',
  'ended failed',
  'ended complete',
  'content.redacted',
  'content.erased',
  'document.patched',
  'branch.selected',
  'cursor.moved',
  'floor.requested',
  'floor.taken',
  'floor.returned',
  'log.compacted',
  'notice.taken',
  'notice.settled',
] as const

/** Types of events, and what makes some of them rare. */
function kindsOf(log: readonly SessionEvent[]): readonly string[] {
  return log.flatMap((event) => {
    const hidden = event.to === undefined ? [] : [`${event.type} not for all`]
    if (event.type === 'run.ended') return [event.type, `ended ${event.data.reason}`]
    if (event.type === 'run.queued' && event.data.parent !== undefined) return [event.type, 'a run of a run']
    if (event.type === 'steer.missed' && event.data.next !== undefined) return [event.type, 'a steer carried']
    return [event.type, ...hidden]
  })
}

const seen = new Set<string>()

/** Lives it, and notes what it reached. */
function note(life: RandomLife): void {
  const { state, log } = live(life)
  const { view, guard } = state
  for (const kind of kindsOf(log)) seen.add(kind)
  if (view.older > 11) seen.add('cold')
  if (view.olderFor) seen.add('cold, not for all')
  if (guard.ends.length > 0) seen.add('ended')
  if (view.runs.some((run) => run.attempt > 1)) seen.add('another attempt')
  if (view.messages.some((message) => message.parts.some((part) => part.step !== undefined && part.attempt === 2)))
    seen.add('a step again')
}

/** A message that one attempt closed is opened again by the next, for some. */
const reopened: RandomLife = {
  posts: 0,
  whispers: 0,
  sends: 0,
  steps: [
    {
      kind: 'ask',
      who: 0,
      what: { type: 'send', agent: 0, policy: undefined, to: undefined, budget: undefined },
      pick: 0,
    },
    { kind: 'claim', pick: 0, worker: 'w1', leaseMs: 1000 },
    {
      kind: 'write',
      pick: 0,
      drift: 0,
      skip: 0,
      ops: [{ op: 'open', message: 'c', part: 'a', start: { kind: 'reasoning', text: 'hm' } }],
    },
    {
      kind: 'write',
      pick: 0,
      drift: 0,
      skip: 0,
      ops: [{ op: 'delta', message: 'a', part: 'a', text: '\u0000' }, { op: 'suspend' }],
    },
    { kind: 'ask', who: 0, what: { type: 'resume' }, pick: 0 },
    { kind: 'claim', pick: 0, worker: 'w1', leaseMs: 1000 },
    {
      kind: 'write',
      pick: 0,
      drift: 0,
      skip: 0,
      ops: [
        { op: 'close-message', message: 'c' },
        { op: 'open', message: 'a', part: 'a', start: { kind: 'reasoning', text: 'hm' } },
      ],
    },
    {
      kind: 'write',
      pick: 0,
      drift: 0,
      skip: 0,
      ops: [
        { op: 'open', message: 'c', part: 'a', start: { kind: 'text' }, to: 'operators' },
        { op: 'close', message: 'a', part: 'a' },
      ],
    },
    { kind: 'tick', ms: 0 },
  ],
}

test(
  'S1 S1a S2a S2b S5e S8 L1 L3 L3d L4 L7 L7a L7c R1 R3 R4a R7b C2a C6 C7a C8: whatever people, agents and clocks do, the rules hold',
  { timeout: 3_600_000 },
  () => {
    fc.assert(
      fc.property(lives, (life) => note(life)),
      { numRuns, examples: [[reopened]] },
    )
  },
)

test('the random lives reach what they are meant to test', { timeout: 3_600_000 }, () => {
  const all = ['cold', 'cold, not for all', 'ended', 'another attempt', 'a step again', ...reached]
  const missing = (): readonly string[] => all.filter((what) => !seen.has(what))
  for (let seed = 1; seed <= 60 && missing().length > 0; seed += 1) {
    for (const life of fc.sample(lives, { numRuns: 10, seed })) note(life)
  }
  expect(missing()).toEqual([])
})
