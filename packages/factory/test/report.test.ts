import { expect, test } from 'vitest'
import { emptyFloor, reportOf, type EndedAttempt, type FloorDocument, type Task } from '@headrace/factory'

function task(id: string, at: number, attempts: readonly Partial<EndedAttempt>[]): Task {
  const ended = attempts.map((one, index) => ({
    attempt: index + 1,
    lane: 'bugs',
    outcome: 'merged' as const,
    why: 'w',
    startedAt: at,
    endedAt: at + 1_000,
    ...one,
  }))
  const source = { kind: 'cli', ref: id }
  const about = { title: id, body: '', kind: 'bug', priority: 2, source, dependsOn: [], acceptance: [] } as const
  return { id, ...about, by: 'user:ada', at, state: { status: 'ready' }, attempts: ended }
}

test('T1f: a report says by lane and agent how attempts came out, how many landed, and how long a merge took', () => {
  const floor: FloorDocument = {
    ...emptyFloor,
    tasks: {
      T1: task('T1', 0, [
        { outcome: 'rejected', agent: 'codex' },
        { endedAt: 9_000, agent: 'codex' },
      ]),
      T2: task('T2', 5_000, [{ endedAt: 7_000 }, { outcome: 'nuked' }]),
      T3: task('T3', 0, [
        { outcome: 'branched', lane: 'features' },
        { outcome: 'lost', lane: 'features' },
      ]),
      T4: task('T4', 0, [{ outcome: 'cancelled', lane: 'docs' }]),
    },
  }
  expect(reportOf(floor)).toEqual({
    total: {
      attempts: 7,
      outcomes: { rejected: 1, merged: 2, nuked: 1, branched: 1, lost: 1, cancelled: 1 },
      landRate: 0.75,
      mergeMs: 2_000,
    },
    lanes: {
      bugs: { attempts: 4, outcomes: { rejected: 1, merged: 2, nuked: 1 }, landRate: 2 / 3, mergeMs: 2_000 },
      features: { attempts: 2, outcomes: { branched: 1, lost: 1 }, landRate: 1 },
      docs: { attempts: 1, outcomes: { cancelled: 1 } },
    },
    agents: {
      codex: { attempts: 2, outcomes: { rejected: 1, merged: 1 }, landRate: 0.5, mergeMs: 9_000 },
      unknown: {
        attempts: 5,
        outcomes: { merged: 1, nuked: 1, branched: 1, lost: 1, cancelled: 1 },
        landRate: 1,
        mergeMs: 2_000,
      },
    },
  })
  const tries = task('T1', 0, [{ outcome: 'judged', agent: 'codex', try: { number: 1, of: 1 } }, { lands: 1 }])
  expect(reportOf({ ...emptyFloor, tasks: { T1: tries } }).agents).toMatchObject({
    codex: { outcomes: { judged: 1 } },
    'none (lands a try)': { outcomes: { merged: 1 } },
  })
  expect(reportOf(emptyFloor).total).toEqual({ attempts: 0, outcomes: {} })
})
