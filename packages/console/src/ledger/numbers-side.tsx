import {
  ledgerOf,
  reportOf,
  type FloorDocument,
  type FloorSessions,
  type LedgerLine,
  type ReportLine,
} from '@headrace/factory/floor'
import { useMemo, type ReactNode } from 'react'
import { seriesOf, type Bucket } from '../model/ledger-series.ts'
import { duration, timeOf } from '../model/time.ts'
import { text } from '../text.ts'
import { BarChart, type Bar } from './bar-chart.tsx'
import { LineTable } from './line-table.tsx'
import { Outcomes } from './outcomes.tsx'
import { Tiles } from './tiles.tsx'
import { useLaneViews } from './use-lane-views.ts'

interface Props {
  readonly floor: FloorDocument
  readonly sessions: FloorSessions
  readonly now: number
}

/** What a floor has done and what that cost: now, over time, by lane and by agent. */
export function NumbersSide({ floor, sessions, now }: Props): ReactNode {
  const lanes = useLaneViews(sessions, busyLanes(floor))
  const ledger = useMemo(() => ledgerOf({ floor, lanes, now }), [floor, lanes, now])
  const report = useMemo(() => reportOf(floor), [floor])
  const series = useMemo(() => seriesOf(floor, now), [floor, now])
  return (
    <>
      <Totals ledger={ledger.total} report={report.total} />
      {series.length > 0 && <Charts series={series} />}
      <Lines title={text.ledger.byLane} ledger={ledger.lanes} report={report.lanes} />
      <Lines title={text.ledger.byAgent} ledger={ledger.agents} report={report.agents} />
    </>
  )
}

/** Of the others the document says all. */
function busyLanes({ tasks }: FloorDocument): readonly string[] {
  return [...new Set(Object.values(tasks).flatMap(({ state }) => (state.status === 'working' ? [state.lane] : [])))]
}

function tokensOf({ inputTokens, outputTokens }: LedgerLine): number {
  return inputTokens + outputTokens
}

function costPerMerge({ costUsd, merged }: LedgerLine): string {
  return costUsd === undefined || merged === 0 ? text.ledger.unknown : text.usd(costUsd / merged)
}

function Totals({ ledger, report }: { readonly ledger: LedgerLine; readonly report: ReportLine }): ReactNode {
  const words = text.ledger
  const facts: readonly (readonly [string, string])[] = [
    [words.merged, text.number(ledger.merged)],
    [words.landRate, report.landRate === undefined ? words.unknown : words.share(report.landRate)],
    [words.mergeTime, report.mergeMs === undefined ? words.unknown : duration(report.mergeMs)],
    [words.tokens, words.compact(tokensOf(ledger))],
    [words.cost, ledger.costUsd === undefined ? words.unknown : text.usd(ledger.costUsd)],
    [words.costPerMerge, costPerMerge(ledger)],
  ]
  return <Tiles facts={facts} />
}

function Charts({ series }: { readonly series: readonly Bucket[] }): ReactNode {
  const words = text.ledger
  const bars = (of: (bucket: Bucket) => Omit<Bar, 'label'>): readonly Bar[] =>
    series.map((bucket) => ({ label: timeOf(bucket.from), ...of(bucket) }))
  const one = (value: number | undefined, tell: (value: number) => string): Omit<Bar, 'label'> => ({
    pieces: [{ value: value ?? 0, tone: 'plain' }],
    told: value === undefined ? words.unknown : tell(value),
  })
  const most = (of: (bucket: Bucket) => number | undefined): number => Math.max(...series.map((each) => of(each) ?? 0))
  const perMerge = ({ costUsd, merged }: Bucket): number | undefined =>
    costUsd === undefined || merged === 0 ? undefined : costUsd / merged
  return (
    <div className="charts">
      <BarChart
        title={words.outcomes}
        most={words.atMost(text.number(most(({ attempts }) => attempts)))}
        none={words.unknown}
        bars={bars(({ merged, shown, other }) => ({
          pieces: [
            { value: merged, tone: 'good' },
            { value: shown, tone: 'shown' },
            { value: other, tone: 'bad' },
          ],
          told: words.outcomesTold(merged, shown, other),
        }))}
      />
      <BarChart
        title={words.landRate}
        most={words.share(1)}
        none={words.unknown}
        full={1}
        bars={bars(({ landRate }) => one(landRate, words.share))}
      />
      <BarChart
        title={words.tokens}
        most={words.atMost(words.compact(most(({ tokens }) => tokens)))}
        none={words.unknown}
        bars={bars(({ tokens }) => one(tokens, words.compact))}
      />
      <BarChart
        title={words.costPerMerge}
        most={words.atMost(text.usd(most(perMerge)))}
        none={words.unknown}
        bars={bars((bucket) => one(perMerge(bucket), text.usd))}
      />
      <BarChart
        title={words.mergeTime}
        most={words.atMost(duration(most(({ mergeMs }) => mergeMs)))}
        none={words.unknown}
        bars={bars(({ mergeMs }) => one(mergeMs, duration))}
      />
    </div>
  )
}

interface LinesProps {
  readonly title: string
  readonly ledger: Readonly<Record<string, LedgerLine>>
  readonly report: Readonly<Record<string, ReportLine>>
}

function Lines({ title, ledger, report }: LinesProps): ReactNode {
  const words = text.ledger
  const lines = Object.entries(ledger).toSorted(([, a], [, b]) => b.attempts - a.attempts)
  return (
    <LineTable
      title={title}
      worded
      heads={[
        words.called,
        words.outcomes,
        words.landRate,
        words.mergeTime,
        words.tokens,
        words.cost,
        words.costPerMerge,
      ]}
      rows={lines.map(([name, line]) => {
        const { landRate, mergeMs, outcomes = {} } = report[name] ?? {}
        return {
          name,
          cells: [
            <Outcomes key="outcomes" outcomes={outcomes} />,
            landRate === undefined ? words.unknown : words.share(landRate),
            mergeMs === undefined ? words.unknown : duration(mergeMs),
            words.compact(tokensOf(line)),
            line.costUsd === undefined ? words.unknown : text.usd(line.costUsd),
            costPerMerge(line),
          ],
        }
      })}
    />
  )
}
