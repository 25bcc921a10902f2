import { execFile } from 'node:child_process'
import path from 'node:path'
import process from 'node:process'
import { expect, test } from 'vitest'
import type { CampaignReport } from '../campaign/report.ts'

/**
 * `npm run campaign -- --short` takes minutes of CPU, so here is a part of it: as many faults of each kind as half a minute
 * has room for. HEADRACE_CAMPAIGN=short plays all of it.
 */
const goals = 'kill=8,power=4,corruption=500,disk=10,network=600,control=250,clock=3'
const isWhole = process.env['HEADRACE_CAMPAIGN'] === 'short'
const seed = Number(process.env['HEADRACE_SEED'] ?? Date.now() % 1_000_000)

const main = path.join(import.meta.dirname, '../campaign/main.ts')

function campaign(
  args: readonly string[],
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  return new Promise((resolve) => {
    const all = ['--conditions=@headrace/source', main, '--seed', String(seed), ...args]
    execFile(process.execPath, all, { maxBuffer: 16_777_216 }, (error, out, err) =>
      resolve({ code: error ? 1 : 0, out, err }),
    )
  })
}

function reportOf(out: string): CampaignReport {
  return JSON.parse(out) as CampaignReport // printed by the program under test
}

test(
  `L1 L2 L3 L4 S3 R3 C1: kills, power cuts, damage, bad disks, bad networks and commands meanwhile lose nothing (seed ${seed})`,
  { timeout: 900_000 },
  async () => {
    const { out, err } = await campaign(['--json', '--at-once', '3', ...(isWhole ? ['--short'] : ['--goal', goals])])
    const report = reportOf(out)
    for (const { kind, verdict, failure } of report.kinds) {
      expect({ kind, failure, findings: verdict.findings }, err).toEqual({ kind, failure: undefined, findings: [] })
      const { faults, acked, lost, duplicated, reordered, phantom, stuck } = verdict
      expect({ lost, duplicated, reordered, phantom, stuck }).toEqual({
        lost: 0,
        duplicated: 0,
        reordered: 0,
        phantom: 0,
        stuck: 0,
      })
      expect(faults).toBeGreaterThan(0)
      expect(acked).toBeGreaterThan(0)
      // Only a damaged disk may lose a session, and it says so.
      if (kind !== 'corruption') expect(verdict.refused).toBe(0)
    }
    expect(report.ok).toBe(true)
    const skipped = report.skipped.map(({ kind }) => kind)
    for (const kind of skipped) console.log(`skipped: ${kind}`)
    if (process.env['CI'] !== undefined) expect(skipped.filter((kind) => kind !== 'clock')).toEqual([])
  },
)

test.each([
  ['ack-before-durable', 'kill=2', ['lost', 'phantom']],
  ['lose-event', 'kill=1', ['lost']],
  ['double-event', 'kill=1', ['duplicated']],
  ['resume-off-by-one', 'kill=1', ['lost']],
  ['resume-again', 'kill=1', ['duplicated']],
  ['reorder', 'kill=1', ['reordered']],
  ['no-sync', 'power=1', ['lost', 'phantom']],
  ['ack-after-failed-sync', 'disk=10', []],
  ['swallow-damage', 'corruption=40', ['lost']],
  ['forget-commands', 'network=40', ['duplicated']],
  ['forget-stop', 'control=150', ['lost']],
  ['steer-twice', 'control=150', ['duplicated']],
] as const)('a server with the mutant %s fails the campaign', { timeout: 120_000 }, async (mutant, goal, expected) => {
  const [kind = ''] = goal.split('=')
  const { code, out, err } = await campaign([
    '--json',
    '--faults',
    kind,
    '--goal',
    goal,
    '--mutant',
    mutant,
    '--patience',
    '6',
  ])
  expect(code, err).toBe(1)
  const { total, ok } = reportOf(out)
  expect(ok).toBe(false)
  const found = Object.entries(total).filter(([, count]) => typeof count === 'number' && count > 0)
  expect(found.map(([name]) => name)).toEqual(expect.arrayContaining([...expected]))
})

test('a campaign that injects no fault fails and says why', { timeout: 60_000 }, async () => {
  const { code, out } = await campaign(['--faults', 'kill', '--goal', 'kill=0', '--json'])
  expect(code).toBe(1)
  expect(reportOf(out).ok).toBe(false)
  const { code: again, out: table } = await campaign(['--faults', 'kill', '--goal', 'kill=0'])
  expect(again).toBe(1)
  expect(table).toContain('no fault was injected')
})
