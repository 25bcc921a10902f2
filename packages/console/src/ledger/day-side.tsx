import { periodReport, reportInMarkdown, type FloorDocument, type PeriodLine } from '@headrace/factory/floor'
import { useMemo, useState, type ReactNode } from 'react'
import { dateOf, duration } from '../model/time.ts'
import { text } from '../text.ts'
import { Button } from '../ui/button.tsx'
import { CopyButton } from '../ui/copy-button.tsx'
import { Icon } from '../ui/icon.tsx'
import { LineTable } from './line-table.tsx'
import { Tiles } from './tiles.tsx'

interface Props {
  readonly floor: FloorDocument
  readonly now: number
}

/** The report of a day, or of the seven days that end with it, as the reader's clock has them. */
export function DaySide({ floor, now }: Props): ReactNode {
  const [back, setBack] = useState(0)
  const [days, setDays] = useState<1 | 7>(1)
  const to = midnight(now, 1 - back)
  const from = midnight(now, 1 - back - days)
  const report = useMemo(() => periodReport({ floor, from, to }), [floor, from, to])
  const { total, tasks, lanes, agents, skills, isCut } = report
  const words = text.ledger.day
  const title = days === 1 ? dateOf(from) : words.week(dateOf(from), dateOf(midnight(now, -back)))
  return (
    <>
      <div className="day-head">
        <h2 className="day-title" data-testid="day-title">
          {title}
        </h2>
        <div className="day-ways">
          <Button
            size="small"
            look="quiet"
            icon={<Icon name="back" />}
            aria-label={words.earlier}
            onClick={() => setBack(back + days)}
          />
          <Button
            size="small"
            look="quiet"
            className="day-later"
            icon={<Icon name="chevron" />}
            aria-label={words.later}
            disabled={back === 0}
            onClick={() => setBack(Math.max(0, back - days))}
          />
          <Button size="small" aria-pressed={days === 7} onClick={() => setDays(days === 1 ? 7 : 1)}>
            {words.wholeWeek}
          </Button>
          <CopyButton value={reportInMarkdown(title, report)} label={words.copy} />
        </div>
      </div>
      {isCut && <p className="ledger-note">{words.cut}</p>}
      <Tiles
        facts={[
          [words.arrived, text.number(tasks.arrived)],
          [words.done, text.number(tasks.done)],
          [words.parked, text.number(tasks.parked)],
          [words.rejected, text.number(tasks.rejected)],
          [
            text.ledger.landRate,
            total.landRate === undefined ? text.ledger.unknown : text.ledger.share(total.landRate),
          ],
          [words.inVain, shareInVain(total)],
          [text.ledger.cost, total.costUsd === undefined ? text.ledger.unknown : text.usd(total.costUsd)],
          [
            text.ledger.costPerMerge,
            total.costPerMerge === undefined ? text.ledger.unknown : text.usd(total.costPerMerge),
          ],
        ]}
      />
      {total.attempts === 0 && <p className="ledger-note">{words.none}</p>}
      <Lines title={text.ledger.byLane} lines={lanes} />
      <Lines title={text.ledger.byAgent} lines={agents} />
      <Lines title={words.bySkill} lines={skills} />
      {total.unpriced > 0 && <p className="ledger-note">{words.unpriced(total.unpriced)}</p>}
    </>
  )
}

/** The beginning of a day as the reader's clock has it, so many days from now. Days are not all as long. */
function midnight(now: number, days: number): number {
  const date = new Date(now)
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + days).getTime()
}

function shareInVain({ tokens, tokensWithoutMerge }: PeriodLine): string {
  return tokens === 0 ? text.ledger.unknown : text.ledger.share(tokensWithoutMerge / tokens)
}

function Lines({
  title,
  lines,
}: {
  readonly title: string
  readonly lines: Readonly<Record<string, PeriodLine>>
}): ReactNode {
  const words = text.ledger
  const rows = Object.entries(lines)
  if (rows.length === 0) return null
  return (
    <LineTable
      title={title}
      heads={[
        words.called,
        words.tried,
        words.merged,
        words.landRate,
        words.mergeTime,
        words.tokens,
        words.day.inVain,
        words.cost,
      ]}
      rows={rows.map(([name, line]) => ({
        name,
        cells: [
          text.number(line.attempts),
          text.number(line.merged),
          line.landRate === undefined ? words.unknown : words.share(line.landRate),
          line.mergeMs === undefined ? words.unknown : duration(line.mergeMs),
          words.compact(line.tokens),
          shareInVain(line),
          line.costUsd === undefined ? words.unknown : text.usd(line.costUsd),
        ],
      }))}
    />
  )
}
