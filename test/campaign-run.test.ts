import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { FaultKind, RoundOptions } from '../campaign/fault-kind.ts'
import { emptyJournals, type Journals } from '../campaign/journals.ts'
import { reportPage } from '../campaign/report-page.ts'
import { runCampaign, type CampaignOptions } from '../campaign/run-campaign.ts'

let directory = ''
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'headrace-campaign-run-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

/** A round in which all is well, or one acknowledged write is nowhere. */
function journals({ faults, name }: RoundOptions, isLost = false): Journals {
  return {
    ...emptyJournals,
    faults: Array.from({ length: faults }, () => ({ kind: 'kill' })),
    writes: [{ session: name, by: 'ada', mark: `${name}#1`, shows: 'log', outcome: 'acked' }],
    logs: [{ session: name, events: [{ seq: 1, at: 1, print: 1, marks: isLost ? [] : [`${name}#1`] }] }],
  }
}

function kind(
  run: (options: RoundOptions) => Journals | Promise<Journals>,
  name: FaultKind['name'] = 'kill',
): FaultKind {
  return {
    name,
    perRound: 10,
    short: 20,
    long: { faults: 12, perRound: 4 },
    missing: async () => undefined,
    run: async (options) => ({ journals: [await run(options)], notes: {} }),
  }
}

function campaign(kinds: readonly FaultKind[], more: Partial<CampaignOptions> = {}) {
  return runCampaign({
    kinds,
    seed: 1,
    isLong: true,
    goals: {},
    signal: new AbortController().signal,
    atOnce: 1,
    patienceMs: 1_000,
    directory,
    machine: {},
    say: () => undefined,
    ...more,
  })
}

test('L2 a long campaign goes on after a violation, in rounds of its own size, until its goal', async () => {
  const rounds: number[] = []
  const broken = kind((options) => {
    rounds.push(options.faults)
    expect(options.isLong).toBe(true)
    return journals(options, rounds.length === 1)
  })
  const { ok, kinds, total, cutShort } = await campaign([broken])
  expect(rounds).toEqual([4, 4, 4])
  expect({ ok, lost: total.lost, faults: total.faults, cutShort }).toEqual({
    ok: false,
    lost: 1,
    faults: 12,
    cutShort: undefined,
  })
  expect(kinds[0]?.failure).toBe('1 lost')

  rounds.length = 0
  const short = await campaign([kind((options) => journals(options, (rounds.push(options.faults), true)))], {
    isLong: false,
  })
  expect(rounds).toEqual([10])
  expect(short.ok).toBe(false)
})

test('L2 a campaign that is told to end finishes its round, and reports it as cut short', async () => {
  const ending = new AbortController()
  const told = kind((options) => {
    expect(options.isOver()).toBe(false)
    ending.abort()
    expect(options.isOver()).toBe(true)
    return journals({ ...options, faults: 1 })
  })
  const never = kind(() => expect.unreachable('no round begins any more'), 'power')
  const report = await campaign([told, never], { signal: ending.signal })
  expect(report).toMatchObject({ ok: true, cutShort: true, total: { faults: 1, acked: 1, lost: 0 } })
  expect(report.skipped).toEqual([{ kind: 'power', reason: expect.stringContaining('before its first round') }])
  expect(reportPage(report)).toContain('before it had reached its goals: 1 of 12 `kill`')
})

test('L2 a long campaign whose time is over has had a round of each kind, and is reported as cut short', async () => {
  const report = await campaign([kind(journals), kind(journals, 'power')], { minutes: 0 })
  expect(report).toMatchObject({ ok: true, cutShort: true, config: { minutes: 0 } })
  expect(report.kinds.map(({ verdict }) => verdict.faults)).toEqual([4, 4])
})

test('L2 a kind that breaks the campaign itself fails, and what the others have shown is reported', async () => {
  const broken = kind(() => Promise.reject(new Error('no more disks')), 'power')
  const report = await campaign([broken, kind(journals)])
  expect(report.ok).toBe(false)
  expect(report.kinds.map(({ kind: name, failure }) => [name, failure?.split('\n')[0]])).toEqual([
    ['power', expect.stringContaining('no more disks')],
    ['kill', undefined],
  ])
  expect(report.total.faults).toBe(12)
})
