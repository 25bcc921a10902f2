import { useSession } from '@headrace/client/react'
import { floorSessions, ledgerOf, reportOf, type LedgerLine, type ReportLine } from '@headrace/factory/floor'
import { useMemo, type ReactNode } from 'react'
import { readFloor } from '../model/floor-board.ts'
import { seriesOf, toneOf, type Bucket } from '../model/ledger-series.ts'
import { elapsed, timeOf } from '../model/time.ts'
import { hrefOf } from '../route/route.ts'
import { Connection } from '../session/connection.tsx'
import { useDocumentTitle } from '../session/use-document-title.ts'
import { text } from '../text.ts'
import { Empty } from '../ui/empty.tsx'
import { Icon } from '../ui/icon.tsx'
import { useNow } from '../ui/use-now.ts'
import { BarChart, type Bar } from './bar-chart.tsx'
import { useLaneViews } from './use-lane-views.ts'
import '../session/session-header.css'
import '../ui/page.css'
import './ledger-page.css'

interface Props {
  readonly id: string
  /** The floor's name. */
  readonly name: string
}

const minuteMs = 60_000

/** What a floor has done and what that cost: now, over time, by lane and by agent. */
export function LedgerPage({ id, name }: Props): ReactNode {
  const { view, status } = useSession(id)
  const sessions = useMemo(() => floorSessions(name), [name])
  const floor = useMemo(() => readFloor(view.document.value), [view.document.value])
  // Finer than a minute nothing here is.
  const now = Math.floor(useNow() / minuteMs) * minuteMs + minuteMs
  const lanes = useLaneViews(
    sessions,
    floor.lanes.map((lane) => lane.name),
  )
  const ledger = useMemo(() => ledgerOf({ floor, lanes, now }), [floor, lanes, now])
  const report = useMemo(() => reportOf(floor), [floor])
  const series = useMemo(() => seriesOf(floor, now), [floor, now])
  useDocumentTitle(text.ledger.titleOf(name), false)
  return (
    <main id="main" className="page" tabIndex={-1} data-testid="ledger" data-status={status}>
      <header className="session-header">
        <a className="session-back" href={hrefOf(id)} aria-label={text.lane.ofFloor(name)}>
          <Icon name="back" />
        </a>
        <div className="session-names">
          <h1 className="session-title">
            <bdi>{text.ledger.titleOf(name)}</bdi>
          </h1>
          <p className="session-doing">{view.seq > 0 && text.ledger.attempts(ledger.total.attempts)}</p>
        </div>
        <Connection />
      </header>
      <div className="page-scroll">
        <div className="ledger-content">
          {status !== 'loading' && ledger.total.attempts === 0 ? (
            <Empty title={text.ledger.none} lead={text.ledger.noneLead} />
          ) : (
            <>
              <Totals ledger={ledger.total} report={report.total} />
              {series.length > 0 && <Charts series={series} />}
              <Lines title={text.ledger.byLane} ledger={ledger.lanes} report={report.lanes} />
              <Lines title={text.ledger.byAgent} ledger={ledger.agents} report={report.agents} />
            </>
          )}
        </div>
      </div>
    </main>
  )
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
    [words.mergeTime, report.mergeMs === undefined ? words.unknown : elapsed(report.mergeMs)],
    [words.tokens, words.compact(tokensOf(ledger))],
    [words.cost, ledger.costUsd === undefined ? words.unknown : text.usd(ledger.costUsd)],
    [words.costPerMerge, costPerMerge(ledger)],
  ]
  return (
    <dl className="tiles" data-testid="ledger-totals">
      {facts.map(([called, value]) => (
        <div key={called} className="tile">
          <dt>{called}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
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
        most={words.atMost(elapsed(most(({ mergeMs }) => mergeMs)))}
        none={words.unknown}
        bars={bars(({ mergeMs }) => one(mergeMs, elapsed))}
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
  const rows = Object.entries(ledger).toSorted(([, a], [, b]) => b.attempts - a.attempts)
  return (
    <section className="ledger-lines">
      <h2 className="ledger-heading">{title}</h2>
      {/* It is wider than a phone. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div className="ledger-table" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">{words.called}</th>
              <th scope="col">{words.outcomes}</th>
              <th scope="col">{words.landRate}</th>
              <th scope="col">{words.mergeTime}</th>
              <th scope="col">{words.tokens}</th>
              <th scope="col">{words.cost}</th>
              <th scope="col">{words.costPerMerge}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(([called, line]) => {
              const { landRate, mergeMs, outcomes = {} } = report[called] ?? {}
              return (
                <tr key={called} data-testid="ledger-line" data-name={called}>
                  <th scope="row">
                    <bdi>{called}</bdi>
                  </th>
                  <td>
                    <Outcomes outcomes={outcomes} />
                  </td>
                  <td>{landRate === undefined ? words.unknown : words.share(landRate)}</td>
                  <td>{mergeMs === undefined ? words.unknown : elapsed(mergeMs)}</td>
                  <td>{words.compact(tokensOf(line))}</td>
                  <td>{line.costUsd === undefined ? words.unknown : text.usd(line.costUsd)}</td>
                  <td>{costPerMerge(line)}</td>
                </tr>
              )
            })}
          </tbody>
        </table>
      </div>
    </section>
  )
}

function Outcomes({ outcomes }: Pick<ReportLine, 'outcomes'>): ReactNode {
  // What is not on this page's list is of a newer factory.
  const names: Readonly<Record<string, string>> = text.floor.outcomes
  const all = (Object.entries(outcomes) as [keyof typeof outcomes, number][]) // keys of a plain object
    .toSorted(([, a], [, b]) => b - a)
  if (all.length === 0) return text.ledger.unknown
  return (
    <ul className="outcomes">
      {all.map(([outcome, times]) => (
        <li key={outcome} data-tone={toneOf(outcome)}>
          {text.number(times)} {names[outcome] ?? outcome}
        </li>
      ))}
    </ul>
  )
}
