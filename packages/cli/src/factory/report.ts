import { HeadraceError, type SessionView } from '@headrace/core'
import {
  ledgerInWords,
  ledgerOf,
  periodReport,
  reportInMarkdown,
  reportOf,
  type FloorDocument,
  type ReportLine,
} from '@headrace/factory'
import { viewOf } from '../connection/with-client.ts'
import { counted } from '../terminal/counted.ts'
import { processOutput } from '../terminal/console.ts'
import { formatDuration } from '../terminal/duration.ts'
import { plain } from '../terminal/plain.ts'
import { readFloor, withFloor, type FloorTarget, type OpenedFloor } from './floor-target.ts'

export interface ReportOptions extends FloorTarget {
  readonly json?: boolean
  readonly day?: boolean
  readonly week?: boolean
}

const dayMs = 86_400_000

/** Prints how a floor has fared and what it cost, by lane and agent. */
export async function report(options: ReportOptions): Promise<void> {
  await withFloor(options, async (opened) => {
    const floor = await readFloor(opened)
    if (options.day === true || options.week === true) return printSpan(floor, options)
    const lanes = await laneViews(
      opened,
      floor.lanes.map(({ name }) => name),
    )
    const fared = reportOf(floor)
    const ledger = ledgerOf({ floor, lanes, now: Date.now() })
    if (options.json === true) return processOutput.out(JSON.stringify({ ...fared, ledger }))
    if (fared.total.attempts === 0) processOutput.err('No attempt of this floor is over yet.')
    for (const [title, lines] of [
      ['By lane:', fared.lanes],
      ['By agent:', fared.agents],
      ['All:', { '': fared.total }],
    ] as const) {
      processOutput.out(title)
      for (const [name, line] of Object.entries(lines)) processOutput.out(plain(`  ${lineInWords(name, line)}`))
    }
    processOutput.out(`\n${plain(ledgerInWords(ledger))}`)
  })
}

/** The last 24 hours, or the last seven days of them. */
function printSpan(floor: FloorDocument, { json, week, floor: name }: ReportOptions): void {
  const to = Date.now()
  const span = periodReport({ floor, from: to - (week === true ? 7 : 1) * dayMs, to })
  const title = `The floor ${name}, ${week === true ? 'a week' : 'a day'}`
  processOutput.out(json === true ? JSON.stringify(span) : plain(reportInMarkdown(title, span)))
}

function lineInWords(name: string, line: ReportLine): string {
  const { attempts, outcomes, landRate, mergeMs, waffling = {}, overruled = 0, reward, commits } = line
  const circles = Object.entries(waffling).map(([rung, count]) => `${count} ${rung}`)
  const each = Object.entries(outcomes)
    .map(([outcome, count]) => `${count} ${outcome}`)
    .join(', ')
  return [
    `${name === '' ? '' : `${name}: `}${counted(attempts, 'attempt')}${each === '' ? '' : ` (${each})`}`,
    ...(landRate === undefined ? [] : [`${Math.round(landRate * 100)} % landed`]),
    ...(reward === undefined ? [] : [`worth ${reward.toFixed(2)}`]),
    ...(commits === undefined ? [] : [`${commits.toFixed(1)} commits a change`]),
    ...(circles.length === 0 ? [] : [`in circles: ${circles.join(', ')}`]),
    ...(overruled === 0 ? [] : [`${overruled} overruled`]),
    ...(mergeMs === undefined ? [] : [`${formatDuration(mergeMs)} to a merge`]),
  ].join(', ')
}

/** Sessions of lanes, by name; one in which nothing was ever done has none. */
async function laneViews(
  { client, sessions }: OpenedFloor,
  names: readonly string[],
): Promise<Readonly<Record<string, SessionView>>> {
  const views: Record<string, SessionView> = {}
  for (const name of names) {
    try {
      views[name] = await viewOf(client.session(sessions.lane(name)))
    } catch (thrown) {
      if (!(thrown instanceof HeadraceError && thrown.code === 'session_not_found')) throw thrown
    }
  }
  return views
}
