import type { Ledger, LedgerLine } from './ledger-of.ts'

const heads = ['', 'attempts', 'merged', 'tokens in', 'cached', 'tokens out', 'tools', 'time', 'cost'] as const

/** The ledger as tables for a terminal: lanes, agents and tasks, those that used most first, and what a merge cost. */
export function ledgerInWords(ledger: Ledger): string {
  const { total, lanes, agents, tasks, models } = ledger
  const tables = [
    ...table('lane', lanes),
    '',
    ...table('agent', agents),
    '',
    ...table('task', tasks),
    '',
    ...aligned([['all', ...heads.slice(1)], rowOf('', total)]),
  ]
  const asked = Object.entries(models).map(
    ([name, { inputTokens = 0, outputTokens = 0, costUsd }]) =>
      `${name}: ${inputTokens} tokens in, ${outputTokens} out${costUsd === undefined ? ', no price' : `, ${dollars(costUsd)}`}`,
  )
  return [...tables, '', ...asked, perMerge(total)].join('\n').trim()
}

function table(title: string, lines: Readonly<Record<string, LedgerLine>>): readonly string[] {
  const tokens = ({ inputTokens, outputTokens }: LedgerLine): number => inputTokens + outputTokens
  const rows = Object.entries(lines)
    .toSorted(([, a], [, b]) => tokens(b) - tokens(a) || b.timeMs - a.timeMs)
    .map(([name, line]) => rowOf(name, line))
  return aligned([[title, ...heads.slice(1)], ...rows])
}

function rowOf(name: string, line: LedgerLine): readonly string[] {
  const { attempts, merged, inputTokens, cachedTokens, outputTokens, toolCalls, timeMs, costUsd } = line
  const counts = [attempts, merged, inputTokens, cachedTokens, outputTokens, toolCalls].map(String)
  return [name, ...counts, `${Math.round(timeMs / 1_000)} s`, costUsd === undefined ? '–' : dollars(costUsd)]
}

function perMerge({ merged, costUsd, inputTokens, outputTokens }: LedgerLine): string {
  if (merged === 0) return 'Nothing was merged.'
  const tokens = Math.round((inputTokens + outputTokens) / merged)
  return `A merged change cost ${tokens} tokens${costUsd === undefined ? '' : ` and ${dollars(costUsd / merged)}`}.`
}

function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = heads.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  )
}

function dollars(amount: number): string {
  return `$${amount.toFixed(amount < 1 ? 4 : 2)}`
}
