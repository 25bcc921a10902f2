import { availableParallelism, cpus, totalmem } from 'node:os'
import process from 'node:process'

export type Cell = string | number

/** What a published number stands with. */
export interface Report {
  readonly name: string
  /** The command that repeats it. */
  readonly command: string
  readonly config: Readonly<Record<string, Cell>>
  readonly rows: readonly Readonly<Record<string, Cell>>[]
}

/** Prints a table, or with `--json` among the arguments one JSON document. */
export function printReport(report: Report): void {
  const machine = {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 1_073_741_824),
  }
  if (process.argv.includes('--json')) {
    console.log(JSON.stringify({ ...report, machine, at: new Date().toISOString() }, undefined, 2))
    return
  }
  const line = (facts: Readonly<Record<string, Cell>>): string =>
    Object.entries(facts)
      .map(([key, value]) => `${key} ${value}`)
      .join(', ')
  console.log(`${report.name}\n${line(machine)}\n${line(report.config)}\n`)
  console.log(table(report.rows))
  console.log(`\nRepeat with: ${report.command}`)
}

/** A number for people: three significant digits. */
export function rounded(value: number): number {
  return Number(value.toPrecision(3))
}

function table(rows: readonly Readonly<Record<string, Cell>>[]): string {
  const columns = Object.keys(rows[0] ?? {})
  const cells = [columns, ...rows.map((row) => columns.map((column) => String(row[column] ?? '')))]
  const widths = columns.map((_, index) => Math.max(...cells.map((row) => row[index]?.length ?? 0)))
  const isText = columns.map((column) => typeof rows[0]?.[column] === 'string')
  return cells
    .map((row) =>
      row
        .map((cell, index) =>
          isText[index] === true ? cell.padEnd(widths[index] ?? 0) : cell.padStart(widths[index] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
