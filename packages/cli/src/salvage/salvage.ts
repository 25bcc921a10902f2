import process from 'node:process'
import { HeadraceError } from '@headrace/core'
import { salvageStore, type SalvageReport } from '@headrace/server/store/embedded'
import { exitCode } from '../exit-code.ts'
import { Problem } from '../problem.ts'
import { counted } from '../terminal/counted.ts'
import { processOutput, type Output } from '../terminal/console.ts'

export interface SalvageCommandOptions {
  readonly data: string
  readonly to: string
  readonly json?: boolean
}

/** Names at most so many sessions one by one for people; `--json` names all. */
const maxNamed = 50

/** Copies what is whole, and says what is not. */
export async function salvage(
  { data, to, json }: SalvageCommandOptions,
  output: Output = processOutput,
): Promise<void> {
  const report = await salvageStore({ from: data, to }).catch((thrown: unknown) => {
    const { message } = HeadraceError.from(thrown)
    throw new Problem(exitCode.usage, message.replace(/^from: /, '').replace(/^to: /, ''), { cause: thrown })
  })
  if (json === true) output.out(JSON.stringify(report))
  else for (const line of describe(report, to)) output.out(line)
  if (report.lost.length > 0 || report.mayBeOlder) process.exitCode = exitCode.failed
}

function describe({ damaged, whole, lost, mayBeOlder }: SalvageReport, to: string): readonly string[] {
  return [
    ...(damaged.length === 0 ? ['No file is damaged.'] : damaged.map(({ file, what }) => `${file} ${what}`)),
    `${counted(whole, 'session')} ${whole === 1 ? 'is' : 'are'} whole, and in ${to}`,
    ...lost.slice(0, maxNamed).map(({ session, why, events, file }) => {
      const kept = file === undefined ? '' : `; ${events} events are in ${file}`
      return `lost  ${session}: ${why}${kept}`
    }),
    ...(lost.length > maxNamed ? [`lost  ${lost.length - maxNamed} more: --json names all`] : []),
    ...(mayBeOlder
      ? ['Writes are lost of which nobody can say what they were about: sessions may end earlier than they did.']
      : []),
  ]
}
