import type { CampaignReport } from './report.ts'
import type { Verdict } from './verdict.ts'

/** The report as a page of documentation: what was done, on what, what was found, and how to do it again. */
export function reportPage(report: CampaignReport): string {
  const { at, seed, config, machine, kinds, skipped, total, ok, cutShort = false } = report
  const rows = [...kinds.map(({ kind, verdict }) => row(`\`${kind}\``, verdict)), row('all', total)]
  const facts = kinds.map(({ kind, rounds, seconds, notes }) =>
    [
      `${rounds} ${rounds === 1 ? 'round' : 'rounds'}`,
      `${count(seconds)} s`,
      ...Object.entries(notes).map(([what, n]) => `${what}: ${count(n)}`),
    ]
      .join(', ')
      .replace(/^/, `- \`${kind}\`: `),
  )
  const failures = kinds.flatMap(({ kind, failure, verdict }) =>
    failure === undefined ? [] : [`- \`${kind}\`: ${failure}`, ...verdict.findings.map((finding) => `  - ${finding}`)],
  )
  return [
    `# Reliability campaign of ${at.slice(0, 10)}`,
    '',
    ok ? 'Nothing was lost, doubled, reordered, made up or stuck.' : `**It failed.** What was found:`,
    ...(failures.length === 0 ? [] : ['', ...failures]),
    ...(cutShort ? ['', `It was ended before it had reached its goals: ${goalsOf(report)}.`] : []),
    '',
    '| | faults | acked | delivered | lost | duplicated | reordered | phantom | stuck | worst recovery |',
    '|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|',
    ...rows,
    '',
    ...facts,
    ...skipped.map(({ kind, reason }) => `- \`${kind}\` was skipped: ${reason}`),
    '',
    `Seed ${seed}, ${pairs(config)}. Machine: ${pairs(machine)}.`,
    'What the faults and the columns mean, and how to do it again: [docs/reliability.md](../reliability.md#the-campaign).',
    '',
  ].join('\n')
}

function goalsOf({ kinds, config }: CampaignReport): string {
  const goals = config['goals'] as Readonly<Record<string, number>> // run-campaign.ts
  return kinds
    .map(({ kind, verdict }) => `${count(verdict.faults)} of ${count(goals[kind] ?? 0)} \`${kind}\``)
    .join(', ')
}

function row(name: string, verdict: Verdict): string {
  const { faults, acked, delivered, lost, duplicated, reordered, phantom, stuck, worstRecoveryMs } = verdict
  const counts = [faults, acked, delivered, lost, duplicated, reordered, phantom, stuck].map(count)
  return `| ${[name, ...counts, `${count(worstRecoveryMs)} ms`].join(' | ')} |`
}

function count(value: number): string {
  return value.toLocaleString('en')
}

function pairs(known: object): string {
  return Object.entries(known)
    .filter(([name]) => name !== 'goals')
    .map(([name, value]) => `${name} ${typeof value === 'number' ? Number(value.toPrecision(3)) : String(value)}`)
    .join(', ')
}
