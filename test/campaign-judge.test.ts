import { describe, expect, test } from 'vitest'
import { unlessNothingWasLost } from '../campaign/faults/loss.ts'
import { judge } from '../campaign/judge.ts'
import { emptyJournals, type Journals, type Logged, type Seen, type Write } from '../campaign/journals.ts'
import { addVerdicts, failureOf, type Verdict } from '../campaign/verdict.ts'

const session = 's'

function event(seq: number, ...marks: string[]): Logged {
  return { seq, at: seq * 10, print: seq * 1_000, marks }
}

function given(...seqs: number[]): Seen[] {
  return seqs.map((seq) => ({ seq, print: seq * 1_000 }))
}

function write(mark: string, more: Partial<Write> = {}): Write {
  return { session, by: 'ada', mark, shows: 'log', outcome: 'acked', ...more }
}

const good: Journals = {
  ...emptyJournals,
  faults: [{ kind: 'kill', recoveryMs: 12.4 }],
  writes: [
    write('ada#1', { seq: 2 }),
    write('ada#2', { seq: 3 }),
    write('ada#3', { outcome: 'refused' }),
    write('ada#4', { outcome: 'unknown' }),
    write('eve#1', { by: 'eve', shows: 'both' }),
    write('stop#1', { by: 'eve', shows: 'agent' }),
  ],
  readers: [{ reader: 'r', session, seen: given(1, 2, 3, 4), upTo: 4 }],
  logs: [{ session, events: [event(1), event(2, 'ada#1'), event(3, 'ada#2'), event(4, 'eve#1')] }],
  agents: [{ agent: 'a', session, told: ['eve#1', 'stop#1'] }],
}

const violations = ['lost', 'duplicated', 'reordered', 'phantom', 'stuck'] as const

/** What one change to good journals is counted as. */
function found(change: Partial<Journals>): Partial<Verdict> {
  const verdict = judge({ ...good, ...change })
  return Object.fromEntries(violations.map((name) => [name, verdict[name]]).filter(([, count]) => count !== 0))
}

function withEvents(...events: Logged[]): Partial<Journals> {
  return { logs: [{ session, events }], readers: [] }
}

test('L2 journals with nothing wrong in them have no violation', () => {
  const verdict = judge(good)
  expect(found({})).toEqual({})
  expect(verdict).toMatchObject({ faults: 1, acked: 4, delivered: 4, refused: 0, worstRecoveryMs: 12, findings: [] })
  expect(failureOf(verdict)).toBeUndefined()
})

describe('L2 L3 S3 each class of violation is found', () => {
  const [first, ada1, ada2, eve1] = [event(1), event(2, 'ada#1'), event(3, 'ada#2'), event(4, 'eve#1')]

  test.each<[string, Partial<Journals>, Partial<Verdict>]>([
    ['acknowledged and not in the log', withEvents(first, ada1, event(3), eve1), { lost: 1 }],
    ['a log that lost its end', withEvents(first, ada1), { lost: 2 }],
    ['a gap in the log', withEvents(first, ada1, event(4, 'ada#2'), event(5, 'eve#1')), { lost: 1, reordered: 1 }],
    ['a session that nobody could read', { logs: [], readers: [] }, { lost: 1 }],
    [
      'an event that a reader was not given',
      { readers: [{ reader: 'r', session, seen: given(1, 2, 4), upTo: 4 }] },
      { lost: 1 },
    ],
    [
      'an end that a reader was not given',
      { readers: [{ reader: 'r', session, seen: given(1, 2), upTo: 4 }] },
      { lost: 1 },
    ],
    ['a command that no agent was told', { agents: [{ agent: 'a', session, told: ['eve#1'] }] }, { lost: 1 }],
    ['a run that was taken from a living agent', { takenRuns: ['r'] }, { lost: 1 }],
    ['a write that is in the log twice', withEvents(first, ada1, ada2, eve1, event(5, 'ada#1')), { duplicated: 1 }],
    [
      'an event that a reader was given twice',
      { readers: [{ reader: 'r', session, seen: given(1, 2, 2, 3, 4), upTo: 4 }] },
      { duplicated: 1 },
    ],
    [
      'a command that agents were told twice',
      { agents: [{ agent: 'a', session, told: ['eve#1', 'stop#1', 'eve#1'] }] },
      { duplicated: 1 },
    ],
    ['two writes that changed places', withEvents(first, event(2, 'ada#2'), event(3, 'ada#1'), eve1), { reordered: 3 }],
    [
      'two writes that changed places within an event',
      {
        ...withEvents(first, event(2, 'b#2', 'b#1')),
        writes: [write('b#1'), write('b#2')],
        agents: [],
      },
      { reordered: 1 },
    ],
    [
      'another seq than the answer named',
      withEvents(first, event(2), event(3, 'ada#1'), event(4, 'ada#2', 'eve#1')),
      { reordered: 2 },
    ],
    ['a time that goes backwards', withEvents(first, ada1, { ...ada2, at: 15 }, eve1), { reordered: 1 }],
    [
      'commands that an agent was told in another order',
      { agents: [{ agent: 'a', session, told: ['stop#1', 'eve#1'] }] },
      { reordered: 1 },
    ],
    [
      'an event that a reader saw and that is gone',
      { readers: [{ reader: 'r', session, seen: given(1, 2, 3, 4, 5), upTo: 4 }] },
      { phantom: 1 },
    ],
    [
      'an event that a reader saw otherwise',
      { readers: [{ reader: 'r', session, seen: [...given(1, 2, 3), { seq: 4, print: 1 }], upTo: 4 }] },
      { phantom: 1 },
    ],
    ['a write that was refused and is there', withEvents(first, ada1, ada2, eve1, event(5, 'ada#3')), { phantom: 1 }],
    ['a write that nobody made', withEvents(first, ada1, ada2, eve1, event(5, 'mallory#1')), { phantom: 1 }],
    [
      'a command that nobody gave',
      { agents: [{ agent: 'a', session, told: ['eve#1', 'stop#1', 'x#1'] }] },
      { phantom: 1 },
    ],
    ['something that never came', { stuck: ['the end'] }, { stuck: 1 }],
  ])('%s', (_, change, expected) => {
    expect(found(change)).toEqual(expected)
    expect(failureOf(judge({ ...good, ...change }))).toMatch(/^\d+ (lost|duplicated|reordered|phantom|stuck)/)
  })
})

test('what was appended when readers were let go is not missing, and what they saw of it must be there', () => {
  const grown = { logs: [{ session, events: [...(good.logs[0] as { events: readonly Logged[] }).events, event(5)] }] }
  expect(found(grown)).toEqual({})
  const more = { reader: 'r', session, seen: given(1, 2, 3, 4, 5), upTo: 4 }
  expect(found({ ...grown, readers: [more] })).toEqual({})
  expect(found({ readers: [more] })).toEqual({ phantom: 1 })
})

test('a write without an answer may be there or not, and one that was refused must not', () => {
  const [first, ada1, ada2, eve1] = [event(1), event(2, 'ada#1'), event(3, 'ada#2'), event(4, 'eve#1')]
  expect(found(withEvents(first, ada1, ada2, eve1, event(5, 'ada#4')))).toEqual({})
})

test('a session that says it can not be read is a loss that is signalled, and is counted apart', () => {
  const verdict = judge({ ...good, logs: [{ session, refused: 'store_corrupt' }] })
  expect(verdict).toMatchObject({ lost: 0, phantom: 0, refused: 1 })
})

test('a campaign that broke nothing, or in which nothing was acknowledged, fails and says why', () => {
  expect(failureOf(judge({ ...good, faults: [] }))).toMatch('no fault was injected')
  expect(failureOf(judge({ ...emptyJournals, faults: good.faults }))).toMatch('nothing was acknowledged')
})

test('verdicts add up, and keep the worst recovery', () => {
  const slow = judge({ ...good, faults: [{ kind: 'kill', recoveryMs: 900 }, { kind: 'kill' }], stuck: ['x'] })
  expect(addVerdicts(judge(good), slow)).toMatchObject({ faults: 3, acked: 8, stuck: 1, worstRecoveryMs: 900 })
})

test('L2 a network that loses packets is a fault only where packets were lost and missed', () => {
  expect(judge(unlessNothingWasLost(good, { lost: 3, sentAgain: 2 })).faults).toBe(1)
  for (const counts of [
    { lost: 0, sentAgain: 0 },
    { lost: 3, sentAgain: 0 },
    { lost: 0, sentAgain: 2 },
  ])
    expect(failureOf(judge(unlessNothingWasLost(good, counts)))).toContain('no fault was injected')
})
