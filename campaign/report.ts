import type { FaultName } from './fault-kind.ts'
import type { Counts, Verdict } from './verdict.ts'

/** What one kind of fault has shown. */
export interface KindReport {
  readonly kind: FaultName
  readonly rounds: number
  readonly seconds: number
  readonly verdict: Verdict
  readonly notes: Readonly<Record<string, number>>
  /** Why it failed. */
  readonly failure?: string
}

/** What a campaign has shown, and everything that is needed to repeat it. */
export interface CampaignReport {
  readonly at: string
  readonly seed: number
  readonly config: Readonly<Record<string, unknown>>
  /** It was ended before it had done all that it was to do. */
  readonly cutShort?: boolean
  readonly machine: object
  readonly kinds: readonly KindReport[]
  readonly skipped: readonly { readonly kind: FaultName; readonly reason: string }[]
  readonly total: Verdict
  readonly ok: boolean
}

const columns = [
  'faults',
  'acked',
  'delivered',
  'lost',
  'duplicated',
  'reordered',
  'phantom',
  'stuck',
] as const satisfies readonly (keyof Counts)[]

/** The report as a table for people. */
export function reportTable({ kinds, skipped, total, cutShort = false }: CampaignReport): string {
  const row = (name: string, verdict: Verdict): readonly string[] => [
    name,
    ...columns.map((column) => verdict[column].toLocaleString('en')),
    `${verdict.worstRecoveryMs} ms`,
  ]
  const rows = [
    ['', ...columns, 'worst recovery'],
    ...kinds.map(({ kind, verdict }) => row(kind, verdict)),
    row('all', total),
  ]
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)))
  const lines = rows.map((cells) => cells.map((cell, column) => cell.padStart(widths[column] ?? 0)).join('  '))
  for (const { kind, notes, seconds, failure, verdict } of kinds) {
    const facts = Object.entries(notes).map(([what, count]) => `${what}: ${count}`)
    lines.push(
      `${kind}: ${[`${seconds} s`, ...facts].join(', ')}${failure === undefined ? '' : ` — FAILED: ${failure}`}`,
    )
    if (failure !== undefined) lines.push(...verdict.findings.map((finding) => `  ${finding}`))
  }
  for (const { kind, reason } of skipped) lines.push(`skipped: ${kind}, because ${reason}`)
  if (cutShort) lines.push('It was cut short.')
  return lines.join('\n')
}
