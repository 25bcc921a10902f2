import type { VersionLine } from '@headrace/factory'

const heads = ['version', 'attempts', 'tasks', 'landed', 'of', 'rate', '95 %', 'tokens', 'cost', 'outcomes'] as const

/** Versions as a table for a terminal. */
export function tableLines(lines: readonly VersionLine[]): readonly string[] {
  const rows = [heads, ...lines.map(rowOf)]
  const widths = heads.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  const isText = (column: number): boolean => column === 0 || column === heads.length - 1
  return rows.map((row) =>
    row
      .map((cell, column) => (isText(column) ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  )
}

function rowOf(line: VersionLine): readonly string[] {
  const { version, attempts, tasks, judged, landed, rate, tokens, costUsd, outcomes } = line
  return [
    version,
    ...[attempts, tasks, landed, judged].map(String),
    rate ? percent(rate.value) : '–',
    rate ? `${percent(rate.low)}–${percent(rate.high)}` : '–',
    String(tokens),
    costUsd === undefined ? '–' : `$${costUsd.toFixed(2)}`,
    Object.entries(outcomes)
      .map(([outcome, count]) => `${count} ${outcome}`)
      .join(', '),
  ]
}

export function percent(part: number): string {
  return `${Math.round(part * 100)} %`
}
