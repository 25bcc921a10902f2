import { hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { verifyExport, type ExportReport } from '@headrace/core'
import { exitCode } from '../exit-code.ts'
import { Problem } from '../problem.ts'
import { processOutput, type Output } from '../terminal/console.ts'

export interface VerifyOptions {
  /** A link that is known from elsewhere: the chain must end with it. */
  readonly link?: string
  readonly json?: boolean
}

/** Checks an export and says what was found. No server is asked. `-`: standard input. */
export async function verify(file: string, options: VerifyOptions, output: Output = processOutput): Promise<void> {
  const input = file === '-' ? process.stdin : createReadStream(file)
  const result = await verifyExport(linesOf(file, input), (text) => hash('sha256', text))
  if (!result.ok) {
    const place = result.line === 0 ? '' : `, line ${result.line}`
    throw new Problem(exitCode.failed, `${file}${place}: ${result.fault}`)
  }
  const { report } = result
  if (options.link !== undefined && options.link !== report.link) {
    const text = `${file}: the export is whole, but its chain ends with ${report.link}, not with ${options.link}. It is another one.`
    throw new Problem(exitCode.failed, text)
  }
  if (options.json === true) output.out(JSON.stringify(report))
  else for (const line of describe(report)) output.out(line)
}

async function* linesOf(file: string, input: Readable): AsyncGenerator<string> {
  // Listened to from the start: an error that comes before the first line is read would else be nobody's.
  const failed = new Promise<never>((_, reject) => input.once('error', reject))
  failed.catch(() => undefined)
  const lines = createInterface({ input, crlfDelay: Infinity })[Symbol.asyncIterator]()
  try {
    for (;;) {
      const next = await Promise.race([lines.next(), failed])
      if (next.done === true) return
      yield next.value
    }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new Problem(exitCode.usage, `${file} can't be read: ${why}`, { cause })
  } finally {
    input.destroy()
  }
}

function describe(report: ExportReport): readonly string[] {
  const { session, reader, origin, floor, head, events, redacted, hidden, dropped, messages, link } = report
  return [
    `ok  ${session}, as ${reader} may see it`,
    `    ${events} events, ${origin + 1} to ${head}: each is the next one, and the hash chain holds`,
    ...(redacted > 0 ? [`    ${redacted} of them redacted: each is blank, and an event says so`] : []),
    ...(hidden > 0 ? [`    ${hidden} of them hidden from this reader: only their hashes are here`] : []),
    ...(dropped > 0 ? [`    ${dropped} more dropped by compaction: events of the log name each gap`] : []),
    ...(floor > 0 ? [`    the state at ${floor}, with ${messages} older messages`] : []),
    `    last link ${link}`,
    '    To know that it is the whole truth, compare that link with one from elsewhere (--link).',
  ]
}
