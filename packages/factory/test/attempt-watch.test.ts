import type { Chunk } from '@headrace/client/agent'
import type { Json, Part } from '@headrace/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AttemptWatch, watchNotes, type Rung, type WafflingVerdict } from '../src/index.ts'

/** What is heard of an attempt; `unchanged` and `end` are what the floor sees of a turn that is over. */
type Told =
  | { readonly call: string; readonly output: string; readonly failed?: boolean }
  | { readonly say: string }
  | { readonly end: true }
  | { readonly unchanged: true }
  | { readonly gate: string }
  | { readonly plan: number }

/** Tells a watch the story live, and keeps what the session of the lane would hold of it. */
class Lane {
  readonly said: WafflingVerdict[] = []
  readonly parts: Part[] = []
  readonly watch: AttemptWatch
  #calls = 0

  constructor(watch: AttemptWatch) {
    this.watch = watch
  }

  tell(told: Told): void {
    const { watch } = this
    if ('call' in told) {
      const callId = String((this.#calls += 1))
      const input = { title: told.call, input: { command: told.call } }
      watch.hear({ type: 'tool-call', callId, name: 'execute', input })
      const end = told.failed ? { error: told.output } : { output: told.output }
      this.#part({ kind: 'tool', callId, name: 'execute', text: '', input, ...end })
      const chunk: Chunk = told.failed
        ? { type: 'tool-error', callId, error: told.output }
        : { type: 'tool-result', callId, output: told.output }
      return this.#keep(watch.hear(chunk))
    }
    if ('say' in told) {
      this.#part({ kind: 'text', text: told.say })
      return this.#keep(watch.hear({ type: 'text', text: told.say }))
    }
    if ('plan' in told) {
      this.#data('factory.plan', told.plan)
      return this.#keep(watch.hear({ type: 'data', name: 'factory.plan', value: told.plan }))
    }
    if ('gate' in told) {
      const value = { verdict: 'red', why: told.gate }
      this.#data('factory.verdict', value)
      return this.#keep(watch.gate(value))
    }
    if ('unchanged' in told) return this.#keep(watch.unchanged())
    const said = watch.turnEnded()
    this.#data(watchNotes.turn, {})
    return this.#keep(said)
  }

  #keep(verdict: WafflingVerdict | undefined): void {
    if (!verdict) return
    this.said.push(verdict)
    this.#data(watchNotes.verdict, verdict as unknown as Json)
  }

  #data(name: string, value: Json): void {
    this.#part({ kind: 'data', name, value })
  }

  #part(part: object): void {
    // Each has what its kind has; no test looks at more.
    this.parts.push({ id: String(this.parts.length), status: 'closed', ...part } as unknown as Part)
  }
}

function rungsOf(story: readonly Told[], watch = new AttemptWatch()): readonly Rung[] {
  const lane = new Lane(watch)
  for (const told of story) lane.tell(told)
  return lane.said.map(({ rung }) => rung)
}

const times = (count: number, ...told: readonly Told[]): readonly Told[] =>
  Array.from({ length: count }, () => told).flat()
const look: Told = { call: 'cat src/list.js', output: 'export function sum() {}' }
const end: Told = { end: true }

describe('J6: an attempt is judged while it works', () => {
  test('J9: the same command again and again: told, and while it has not heard it nothing more is done', () => {
    const lane = new Lane(new AttemptWatch())
    for (const told of times(20, look)) lane.tell(told)
    expect(lane.said).toMatchObject([
      { verdict: 1, rung: 'nudge', evidence: [expect.stringMatching(/^same call, same output, \d/)] },
    ])
    // It has heard it when the turn that was ended for it is over.
    for (const told of [end, ...times(20, look), end, ...times(20, look)]) lane.tell(told)
    expect(lane.said.map(({ rung }) => rung)).toEqual(['nudge', 'narrow', 'fresh', 'nuke', 'park'])
  })

  test('J9: the next attempt begins where the one before ended', () => {
    expect(rungsOf(times(6, look), new AttemptWatch({ taken: 3 }))).toEqual(['nuke'])
    expect(rungsOf(times(6, look), new AttemptWatch({ taken: 4 }))).toEqual(['park'])
  })

  test('J9: one that hears of it only at the end of its turn is not waited for', () => {
    expect(rungsOf(times(17, look), new AttemptWatch({ isDeaf: true }))).toEqual(['nudge', 'narrow', 'fresh'])
  })

  test('J6a: a turn that changed nothing is told once, then another attempt takes over, and what it said is quoted', () => {
    const lane = new Lane(new AttemptWatch())
    const turn: readonly Told[] = [{ say: 'I would begin with the tests.' }, end, { unchanged: true }]
    for (const told of [...turn, ...turn]) lane.tell(told)
    expect(lane.said).toMatchObject([
      { rung: 'nudge', evidence: ['its turn ended with words and no change: "I would begin with the tests."'] },
      { rung: 'fresh' },
    ])
    const liar = new Lane(new AttemptWatch({ taken: 4 }))
    for (const told of [{ say: 'All done, the tests pass.' }, end, { unchanged: true }] as const) liar.tell(told)
    expect(liar.said).toMatchObject([
      { rung: 'park', kinds: ['claims-success'], evidence: [expect.stringContaining('and nothing has changed')] },
    ])
  })

  test('J9: what it is told between two turns it has heard when the next one begins', () => {
    const turns: readonly (readonly Told[])[] = [
      [{ say: 'I would begin with the tests.' }, end, { unchanged: true }],
      times(4, { call: 'npm test', output: '1 failed', failed: true }, end, { gate: '1 failed: sum adds' }),
    ]
    for (const before of turns) {
      const lane = new Lane(new AttemptWatch())
      for (const told of before) lane.tell(told)
      expect(lane.said.map(({ rung }) => rung)).toEqual(['nudge'])
      for (const told of times(8, look)) lane.tell(told)
      expect(lane.said.map(({ rung }) => rung)).toEqual(['nudge', 'narrow'])
    }
  })

  test('J6: a file that comes and goes, and success that is claimed after the gate said no', () => {
    const churn: readonly Told[] = [
      { call: 'touch probe.py', output: '' },
      { call: 'rm probe.py', output: '' },
    ]
    expect(rungsOf(times(10, ...churn))).toEqual(['nudge'])
    const red: Told = { gate: '1 failed: sum adds' }
    const claim: readonly Told[] = [{ say: 'The bug is fixed and all tests pass.' }, end]
    expect(rungsOf(times(4, red, ...claim))).toContain('nudge')
  })

  const claims = 'done finished complete completed implemented fixed solved ready merged pass passes passing work works'
  test.each(claims.split(' '))('J6a: a turn that changed nothing and says "%s" claims success', (word) => {
    const kindsOf = (say: string): readonly string[] | undefined => {
      const watch = new AttemptWatch()
      watch.hear({ type: 'text', text: say })
      watch.turnEnded()
      return watch.unchanged()?.kinds
    }
    expect(kindsOf(`It is ${word} now.`)).toEqual(['claims-success'])
    expect(kindsOf(`It is un${word}y.`)).toEqual(['talk'])
  })

  test('J1c: a slow agent that polls a long build fifty times is left alone', () => {
    const poll: Told = { call: 'sleep 30; tail -1 build.log', output: 'still running' }
    expect(rungsOf([...times(50, poll), { call: 'npm test', output: '3 passed' }, { say: 'Built.' }, end])).toEqual([])
  })

  test('J4: a lane says how far it goes, and whether it judges at all', () => {
    const story = times(5, ...times(20, look), end)
    expect(new Set(rungsOf(story, new AttemptWatch({ policy: { highest: 'nudge' } })))).toEqual(new Set(['nudge']))
    expect(rungsOf([...story, { unchanged: true }], new AttemptWatch({ policy: { highest: 'off' } }))).toEqual([])
    expect(rungsOf(times(4, look), new AttemptWatch({ policy: { pressure: 9 } }))).toEqual([])
  })

  test('J7: overruled it begins at the foot of the ladder', () => {
    const watch = new AttemptWatch({ taken: 3 })
    watch.overruled()
    expect(rungsOf(times(6, look), watch)).toEqual(['nudge'])
  })
})

describe('J8: after a crash it is judged on', () => {
  const told: fc.Arbitrary<Told> = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(look, { call: 'npm test', output: '1 failed', failed: true } as const) },
    fc.record({ call: fc.constantFrom('ls', 'rm a', 'touch a'), output: fc.constantFrom('', 'x', 'error: no') }),
    fc.record({ say: fc.constantFrom('Let me see.', 'All tests pass.') }),
    fc.constantFrom<Told>(end, { unchanged: true }, { gate: '2 failed' }, { plan: 1 }),
  )

  test('J8: what the session holds makes the same ladder, and the same verdicts from then on', () => {
    fc.assert(
      fc.property(
        fc.array(told, { maxLength: 60, size: 'max' }),
        fc.array(told, { maxLength: 30, size: 'max' }),
        (before, after) => {
          const live = new Lane(new AttemptWatch())
          for (const one of before) live.tell(one)
          const again = new Lane(new AttemptWatch())
          again.watch.resume(live.parts)
          expect(again.watch.ladder).toEqual(live.watch.ladder)
          const seen = live.said.length
          for (const one of after) {
            live.tell(one)
            again.tell(one)
          }
          expect(again.said).toEqual(live.said.slice(seen))
        },
      ),
    )
  })

  test('J8: what nobody was told yet is said again', () => {
    const live = new Lane(new AttemptWatch())
    for (const one of times(8, look)) live.tell(one)
    expect(new AttemptWatch().resume(live.parts)).toMatchObject({ rung: 'nudge', verdict: 1 })
    for (const one of [end, { call: 'ls', output: 'src' }] as const) live.tell(one)
    expect(new AttemptWatch().resume(live.parts)).toBeUndefined()
  })

  test('J8: one that hears of it only at the end of its turn was not told before that', () => {
    const live = new Lane(new AttemptWatch({ isDeaf: true }))
    for (const one of [...times(6, look), { call: 'ls', output: 'src' } as const]) live.tell(one)
    expect(live.said.map(({ rung }) => rung)).toEqual(['nudge'])
    const again = (): WafflingVerdict | undefined => new AttemptWatch({ isDeaf: true }).resume(live.parts)
    expect(again()).toMatchObject({ rung: 'nudge' })
    live.tell(end)
    expect(again()).toMatchObject({ rung: 'nudge' })
    live.tell({ say: 'I see.' })
    expect(again()).toBeUndefined()
  })

  test('J8: an attempt that was to end is ended, whatever it did before it was', () => {
    const live = new Lane(new AttemptWatch({ taken: 2 }))
    for (const one of [...times(6, look), { call: 'ls', output: 'src' } as const, end]) live.tell(one)
    expect(live.said.map(({ rung }) => rung)).toEqual(['fresh'])
    expect(new AttemptWatch({ taken: 2 }).resume(live.parts)).toMatchObject({ rung: 'fresh' })
  })
})
