import { emptyFloor, reportOf, type FloorDocument, type Task } from '@headrace/factory/floor'
import { expect, test } from 'vitest'
import { seriesOf } from '../../src/model/ledger-series.ts'

const hourMs = 3_600_000
const at = Date.UTC(2026, 4, 4, 8)

/** A floor whose attempts ended so many hours after each other. */
function floorOf(
  ends: readonly (readonly [hours: number, outcome: 'merged' | 'rejected' | 'proposed' | 'lost'])[],
): FloorDocument {
  const tasks = ends.map(([hours, outcome], index): readonly [string, Task] => {
    const endedAt = at + hours * hourMs
    const used = { inputTokens: 1_000, outputTokens: 500, costUsd: 0.5 }
    const attempt = { attempt: 1, lane: 'alpha', startedAt: endedAt - hourMs, endedAt, outcome, why: '', used }
    const id = `T${index + 1}`
    const fixed = { body: '', kind: 'feature', priority: 2, dependsOn: [], acceptance: [], by: 'user:ada' } as const
    return [
      id,
      {
        ...fixed,
        id,
        title: id,
        source: { kind: 'floor', ref: id },
        at: endedAt - 2 * hourMs,
        attempts: [attempt],
        state: { status: 'ready' },
      },
    ]
  })
  return { ...emptyFloor, tasks: Object.fromEntries(tasks) }
}

test('T3: over time an attempt counts once, when it ended, and all together are the report', () => {
  const floor = floorOf([
    [0, 'merged'],
    [0.1, 'rejected'],
    [5, 'proposed'],
    [40, 'lost'],
  ])
  for (const days of [2, 10, 400]) {
    const series = seriesOf(floor, at + days * 24 * hourMs)
    expect(series.length).toBeLessThanOrEqual(24)
    expect(series.reduce((sum, { attempts }) => sum + attempts, 0)).toBe(reportOf(floor).total.attempts)
    expect(series.every(({ from, to }, index) => to > from && (series[index + 1]?.from ?? to) === to)).toBe(true)
  }
  const [first] = seriesOf(floor, at + 2 * 24 * hourMs)
  expect(first).toMatchObject({
    attempts: 2,
    merged: 1,
    shown: 0,
    other: 1,
    tokens: 3_000,
    costUsd: 1,
    landRate: 0.5,
    mergeMs: 2 * hourMs,
  })
})

test('nothing was tried: there is nothing over time', () => {
  expect(seriesOf(emptyFloor, at)).toEqual([])
})
