/**
 * Lays rows out as a Markdown table whose columns also line up in a terminal. The first `texts` columns are text, the
 * others numbers.
 */
export function table(head: readonly string[], rows: readonly (readonly string[])[], texts = 1): string {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length), 3),
  )
  const cells = (row: readonly string[]): string =>
    `| ${widths.map((width, column) => (column < texts ? (row[column] ?? '').padEnd(width) : (row[column] ?? '').padStart(width))).join(' | ')} |`
  const rule = `| ${widths.map((width, column) => (column < texts ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`
  return [cells(head), rule, ...rows.map(cells)].join('\n')
}

/** A number with about three digits, as people read it. */
export function digits(value: number): string {
  if (!Number.isFinite(value)) return '-'
  const size = Math.abs(value)
  if (size >= 1_000) return Math.round(value).toLocaleString('en-US')
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2)
}

export function megabytes(bytes: number): string {
  return digits(bytes / 1_000_000)
}
