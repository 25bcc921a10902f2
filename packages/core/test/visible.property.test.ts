import { isDeepStrictEqual } from 'node:util'
import process from 'node:process'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  emptyState,
  fold,
  foldView,
  visibleEvent,
  visibleView,
  type Grant,
  type SessionEvent,
  type SessionView,
} from '../src/index.ts'
import { randomLog } from './random-log.ts'
import { ada, bob, grantOf, open, ops } from './support.ts'

/** `HEADRACE_PROPERTY_RUNS=2000 npx vitest run packages/core/test/visible.property.test.ts` looks longer. */
const numRuns = Number(process.env['HEADRACE_PROPERTY_RUNS'] ?? 40)
const readers: readonly Grant[] = [ada, bob, grantOf('operator:sue'), grantOf('agent:writer')]

/** What each reader folds of what they see is at every moment what they see of the whole. */
function check(log: readonly SessionEvent[]): void {
  let state = emptyState('demo/1')
  const own = new Map<Grant, SessionView>(readers.map((reader) => [reader, emptyState('demo/1').view]))
  for (const event of log) {
    state = fold(state, event)
    for (const reader of readers) {
      const view = foldView(own.get(reader) ?? state.view, visibleEvent(event, reader))
      own.set(reader, view)
      if (event.seq % 5 > 0 && event.seq < log.length) continue // each fifth: what differs once goes on to differ
      const shown = visibleView(state.view, reader)
      if (!isDeepStrictEqual(view, shown)) expect(view, `${reader.actor} at ${event.seq}`).toEqual(shown)
    }
  }
}

test('L7 S1: what a reader folds of what they see is what they see of the fold', { timeout: 3_600_000 }, () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => check(randomLog(seed))),
    { numRuns, endOnFailure: true },
  )
})

test('L7 R4c: a private part that opens a closed message again is no secret, but what it says is', () => {
  const session = open({ agent: 'writer' })
  const run = session.start()
  session.write(run, ops.open(), ops.close(), ops.closeMessage())
  session.pass(10_000)
  session.claim(run)
  const events = session.write(run, { op: 'open', message: 'a', part: 'q', start: { kind: 'text' }, to: 'operators' })
  expect(events.map(({ type, to }) => [type, to])).toEqual([
    ['message.opened', undefined],
    ['part.opened', 'operators'],
  ])
  expect(visibleView(session.view, bob).messages.at(-1)).toMatchObject({ status: 'open', parts: [{ id: '1.p' }] })
  session.write(run, ops.delta('secret', 'a', 'q'), ops.end())
  check(session.log)
})
