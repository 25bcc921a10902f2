import { expect, test } from 'vitest'
import {
  emptyFloor,
  periodReport,
  reportInMarkdown,
  type EndedAttempt,
  type FloorDocument,
  type Task,
} from '@headrace/factory'

const hour = 3_600_000

function task(id: string, at: number, attempts: readonly Partial<EndedAttempt>[], more: Partial<Task> = {}): Task {
  const ended = attempts.map((one, index) => ({
    attempt: index + 1,
    lane: 'bugs',
    outcome: 'merged' as const,
    why: 'w',
    startedAt: at,
    endedAt: at + hour,
    ...one,
  }))
  const source = { kind: 'cli', ref: id }
  const about = { title: id, body: '', kind: 'bug', priority: 2, source, dependsOn: [], acceptance: [] } as const
  return { id, ...about, by: 'user:ada', at, state: { status: 'ready' }, attempts: ended, ...more }
}

function floor(...tasks: readonly Task[]): FloorDocument {
  return { ...emptyFloor, tasks: Object.fromEntries(tasks.map((one) => [one.id, one])) }
}

const nudged = { verdict: 1, rung: 'nudge', evidence: 'same call | 3 times', kinds: ['same-call'] } as const

test('T3: a report of a span has cost by merged change, land rate, time to a merge and tokens in vain, by lane and agent', () => {
  const day = floor(
    task('T1', 0, [
      { outcome: 'rejected', agent: 'codex', used: { inputTokens: 900, outputTokens: 100, costUsd: 2 } },
      { agent: 'codex', used: { inputTokens: 400, outputTokens: 100, costUsd: 1 } },
    ]),
    task('T2', 4 * hour, [{ endedAt: 7 * hour, lane: 'docs', used: { inputTokens: 500 } }], {
      state: { status: 'done', at: 7 * hour },
    }),
    // Outside of the span.
    task('T3', 0, [{ endedAt: 24 * hour, used: { inputTokens: 9_999, costUsd: 99 } }]),
  )
  const report = periodReport({ floor: day, from: 0, to: 24 * hour })
  expect(report).toMatchObject({
    isCut: false,
    tasks: { arrived: 3, done: 1, parked: 0, rejected: 0 },
    total: {
      attempts: 3,
      merged: 2,
      landRate: 2 / 3,
      mergeMs: hour,
      tokens: 2_000,
      tokensWithoutMerge: 1_000,
      costUsd: 3,
      costPerMerge: 1.5,
      tokensPerMerge: 1_000,
      unpriced: 1,
    },
    lanes: { bugs: { attempts: 2, costPerMerge: 3 }, docs: { attempts: 1, mergeMs: 3 * hour, unpriced: 1 } },
    agents: { codex: { attempts: 2, landRate: 0.5 }, unknown: { attempts: 1 } },
    skills: {},
    waffling: [],
  })
  expect(reportInMarkdown('Day', report)).toContain(
    '| bugs | 2 | 1 | 50 % | 60 min | 1500 | 1000 (67 %) | $3.00 | $3.00 |',
  )
  expect(periodReport({ floor: emptyFloor, from: 0, to: 1 }).total).toEqual({
    attempts: 0,
    merged: 0,
    tokens: 0,
    tokensWithoutMerge: 0,
    unpriced: 0,
  })
})

test('T3a: what was said of agents that go in circles stands beside how it turned out: overruled, landed, or not', () => {
  const overrule = { ...nudged, attempt: 1, by: 'user:ada', reason: 'A slow build', at: 1 } as const
  const day = floor(
    task('T1', 0, [{ waffling: nudged }]),
    task('T2', 0, [{ outcome: 'parked', failure: 'waffling', waffling: { ...nudged, verdict: 4, rung: 'park' } }]),
    task('T3', 0, [{ outcome: 'replaced', failure: 'waffling', waffling: nudged }], { overrules: [overrule] }),
    task('T4', 0, [{}], { overrules: [overrule] }),
    task('T5', 0, [{ waffling: { ...nudged, verdict: 2 } }], { overrules: [overrule] }),
  )
  const report = periodReport({ floor: day, from: 0, to: 2 * hour })
  expect(report.waffling.map((one) => `${one.task} ${one.rung} ${one.judged} ${one.reason ?? ''}`.trim())).toEqual([
    'T1 nudge landed',
    'T2 park stood',
    'T3 nudge overruled A slow build',
    'T4 nudge overruled A slow build',
    'T5 nudge landed',
  ])
  const text = reportInMarkdown('Day', report)
  expect(text).toContain('5 attempts: 1 landed nothing, 2 landed all the same, 2 were overruled.')
  expect(text).toContain('- T1, attempt 1 in bugs: nudge, for same call \\| 3 times. landed all the same.')
})

test('T3b: a version of a skill helped or hurt only where chance does not explain it, in the lanes where it was given', () => {
  const tasks = Array.from({ length: 40 }, (_, n) => {
    const id = `T${n + 1}`
    // Good: 10 of 10 with it; bad: 1 of 10; in other lanes nobody has either.
    const lane = n < 30 ? 'bugs' : 'docs'
    const skills = n < 10 ? ['good@1'] : n < 20 ? ['bad@1'] : []
    const isLanded = n <= 10 || (n >= 20 && n % 2 === 0)
    return task(id, 0, [{ lane, skills, outcome: isLanded ? 'merged' : 'rejected' }])
  })
  const report = periodReport({ floor: floor(...tasks), from: 0, to: 2 * hour })
  expect(report.effects).toEqual([
    { skill: 'bad@1', with: { attempts: 10, landed: 1 }, without: { attempts: 20, landed: 15 }, effect: 'hurt' },
    { skill: 'good@1', with: { attempts: 10, landed: 10 }, without: { attempts: 20, landed: 6 }, effect: 'helped' },
  ])
  const few = periodReport({
    floor: floor(task('T1', 0, [{ skills: ['new@1'] }]), task('T2', 0, [{ outcome: 'rejected' }])),
    from: 0,
    to: 2 * hour,
  })
  expect(few.effects).toMatchObject([{ effect: 'unclear' }])
  expect(reportInMarkdown('Day', few)).toContain(
    'new@1: 1 of 1 landed with it, 0 of 1 without: too few attempts to say.',
  )
})

test('T3: text of agents and people can neither end a cell nor be markup', () => {
  const lane = 'x | <img src=x> [a](b)\n# y'
  const text = reportInMarkdown('Day', periodReport({ floor: floor(task('T1', 0, [{ lane }])), from: 0, to: 2 * hour }))
  expect(text).toContain('| x \\| \\<img src=x\\> \\[a\\](b) \\# y | 1 |')
})
