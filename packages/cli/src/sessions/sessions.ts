import type { SessionRow } from '@headrace/core'
import { openClient } from '../connection/open-client.ts'
import type { TargetOptions } from '../connection/target.ts'
import { processOutput, type Output } from '../terminal/console.ts'
import { formatDuration } from '../terminal/duration.ts'
import { createPaint } from '../terminal/paint.ts'
import { plainLine } from '../terminal/plain.ts'

export interface SessionsOptions extends TargetOptions {
  readonly limit: number
  readonly json?: boolean
}

/** Most that a server gives at once. */
const pageRows = 1_000

/** Prints the sessions that the token may read. */
export async function sessions(options: SessionsOptions, output: Output = processOutput): Promise<void> {
  const client = await openClient(options)
  try {
    const rows: SessionRow[] = []
    let cursor: string | undefined
    do {
      const page = await client.sessions({
        limit: Math.min(options.limit - rows.length, pageRows),
        ...(cursor !== undefined && { cursor }),
      })
      rows.push(...page.rows)
      cursor = page.cursor
    } while (cursor !== undefined && rows.length < options.limit)
    if (options.json === true) for (const row of rows) output.out(JSON.stringify(row))
    else if (rows.length === 0) output.err('No sessions yet. Make one with `headrace send <session> <text> --create`.')
    else for (const line of table(rows, Date.now())) output.out(line)
    if (options.json !== true && cursor !== undefined)
      output.err(`There are more: --limit shows more than ${options.limit}.`)
  } finally {
    await client.close()
  }
}

const header = ['SESSION', 'STATUS', 'MESSAGES', 'CHANGED', 'TITLE'] as const

function table(rows: readonly SessionRow[], now: number): readonly string[] {
  const paint = createPaint(process.stdout)
  const cells = rows.map(({ id, status, messages, updatedAt, metadata }) => {
    const title = typeof metadata['title'] === 'string' ? plainLine(metadata['title'], 60) : ''
    return [id, status, String(messages), `${formatDuration(Math.max(0, now - updatedAt))} ago`, title]
  })
  const widths = header.map((name, column) => Math.max(name.length, ...cells.map((row) => row[column]?.length ?? 0)))
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  return [paint('dim', line(header)), ...cells.map((row) => line(row))]
}
