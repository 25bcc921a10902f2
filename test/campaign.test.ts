import { execFile } from 'node:child_process'
import process from 'node:process'
import { expect, test } from 'vitest'
import type { CampaignReport } from '../campaign/report.ts'
import { programOf } from './support/program-of.ts'

/**
 * `npm run campaign -- --short` takes minutes of CPU, so here is a part of it: some faults of seven kinds, and the mutants that
 * show themselves in seconds. HEADRACE_CAMPAIGN=short plays all of it.
 */
const goals = 'kill=10,power=3,corruption=300,disk=6,network=400,loss=24,control=250'
const kinds = 'kill,power,corruption,disk,network,loss,control'
const isWhole = process.env['HEADRACE_CAMPAIGN'] === 'short'
const seed = Number(process.env['HEADRACE_SEED'] ?? 781_769)

const main = programOf('campaign/main.ts')

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
  `L1 L2 L3 L4 S3 R3 C1: kills, power cuts, damage, bad disks, bad networks, lost packets and commands meanwhile lose nothing (seed ${seed})`,
  { timeout: 900_000 },
  async () => {
    const part = isWhole ? ['--short'] : ['--faults', kinds, '--goal', goals]
    const { out, err } = await campaign(['--json', '--at-once', '3', ...part])
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

const quickMutants = [
  ['ack-before-durable', 'kill=2', ['lost', 'phantom']],
  ['lose-event', 'kill=1', ['lost']],
  ['reorder', 'kill=1', ['reordered']],
  ['swallow-damage', 'corruption=40', ['lost']],
  ['forget-commands', 'network=40', ['duplicated']],
] as const
const slowMutants = [
  ['double-event', 'kill=1', ['duplicated', 'lost']],
  ['resume-off-by-one', 'kill=1', ['lost']],
  ['resume-again', 'kill=1', ['duplicated']],
  ['no-sync', 'power=1', ['lost', 'phantom']],
  ['ack-after-failed-sync', 'disk=10', []],
  ['forget-stop', 'control=150', ['lost']],
  ['steer-twice', 'control=150', ['duplicated']],
] as const

test.each([...quickMutants, ...(isWhole ? slowMutants : [])])(
  'a server with the mutant %s fails the campaign',
  { timeout: 900_000 },
  async (mutant, goal, expected) => {
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
    // Which of them depends on the moment of the fault.
    if (expected.length > 0) expect(found.filter(([name]) => expected.some((one) => one === name))).not.toEqual([])
  },
)

test('a campaign that injects no fault fails and says why', async () => {
  const { code, out } = await campaign(['--faults', 'kill', '--goal', 'kill=0', '--json'])
  expect(code).toBe(1)
  expect(reportOf(out).ok).toBe(false)
  const { code: again, out: table } = await campaign(['--faults', 'kill', '--goal', 'kill=0'])
  expect(again).toBe(1)
  expect(table).toContain('no fault was injected')
})
