import {
  compareVersions,
  skillTable,
  type FloorDocument,
  type FloorSessions,
  type VersionLine,
} from '@headrace/factory/floor'
import { useMemo, type ReactNode } from 'react'
import { givenNow, lessonsOf, skilledOf } from '../model/judgement.ts'
import { text } from '../text.ts'
import { Empty } from '../ui/empty.tsx'
import { AttemptCase } from './attempt-case.tsx'
import { Outcomes } from './outcomes.tsx'
import { RateBar } from './rate-bar.tsx'

interface Props {
  readonly floor: FloorDocument
  readonly sessions: FloorSessions
}

/** What attempts were given to read and how they came out with it, and what was learned from those that failed. */
export function SkillsSide({ floor, sessions }: Props): ReactNode {
  const table = useMemo(() => skillTable(skilledOf(floor)), [floor])
  const lessons = useMemo(() => lessonsOf(floor), [floor])
  const given = useMemo(() => givenNow(floor), [floor])
  const words = text.ledger.skills
  const versions = [...new Set([...table.map(({ version }) => version), ...given.keys()])]
  const bySkill = [...Map.groupBy(versions, nameOf)].toSorted(([a], [b]) => a.localeCompare(b))
  if (bySkill.length === 0 && lessons.length === 0) return <Empty title={words.none} lead={words.noneLead} />
  return (
    <>
      {bySkill.map(([name, own]) => (
        <section key={name} className="ledger-lines" data-testid="skill" data-skill={name}>
          <h2 className="ledger-heading">
            <bdi>{name}</bdi>
          </h2>
          <Compared lines={table.filter(({ version }) => own.includes(version))} />
          <ul className="cards">
            {own.map((version) => (
              <Version
                key={version}
                version={version}
                line={table.find((line) => line.version === version)}
                lanes={given.get(version) ?? []}
              />
            ))}
          </ul>
        </section>
      ))}
      <section className="ledger-lines" aria-labelledby="lessons">
        <h2 id="lessons" className="ledger-heading">
          {words.lessons}
        </h2>
        {lessons.length === 0 && <p className="ledger-note">{words.noLessons}</p>}
        <ul className="cards">
          {lessons.map(({ key, advice, cases }) => (
            <li key={key} className="ledger-card" data-testid="lesson" data-lesson={key}>
              <p className="ledger-card-name">
                <code>{key}</code> <span className="floor-count">{words.times(cases.length)}</span>
              </p>
              <p className="ledger-card-words" dir="auto">
                {advice ?? words.noAdvice}
              </p>
              <ul className="cases">
                {cases.slice(0, casesShown).map(({ task, attempt }) => (
                  <AttemptCase
                    key={`${task.id}.${attempt.attempt}`}
                    task={task}
                    attempt={attempt}
                    sessions={sessions}
                  />
                ))}
              </ul>
              {cases.length > casesShown && <p className="ledger-note">{words.moreCases(cases.length - casesShown)}</p>}
            </li>
          ))}
        </ul>
      </section>
    </>
  )
}

const casesShown = 3

function nameOf(version: string): string {
  return version.slice(0, version.lastIndexOf('@'))
}

/** How the newest two versions compare, where both were tried. */
function Compared({ lines }: { readonly lines: readonly VersionLine[] }): ReactNode {
  const [before, after] = lines.slice(-2)
  const compared = before && after && compareVersions(before, after)
  if (!compared) return null
  const { verdict, difference } = compared
  const words = text.ledger.skills
  return (
    <p className="ledger-note" data-testid="compared" data-verdict={verdict}>
      {words.compared[verdict](after.version, words.points(difference.low), words.points(difference.high))}
    </p>
  )
}

interface VersionProps {
  readonly version: string
  readonly line: VersionLine | undefined
  readonly lanes: readonly string[]
}

function Version({ version, line, lanes }: VersionProps): ReactNode {
  const words = text.ledger.skills
  return (
    <li className="ledger-card" data-testid="version" data-version={version}>
      <p className="ledger-card-name">
        <code>{version.slice(version.lastIndexOf('@') + 1)}</code>
        {lanes.length > 0 && <span className="badge">{words.givenIn(lanes)}</span>}
      </p>
      {line ? (
        <>
          {line.rate && <RateBar rate={line.rate} told={words.landed(line.landed, line.judged)} />}
          <Outcomes outcomes={line.outcomes} />
          <p className="ledger-note">
            {words.facts({
              tasks: line.tasks,
              tokens: text.ledger.compact(line.tokens),
              cost: line.costUsd === undefined ? undefined : text.usd(line.costUsd),
            })}
          </p>
        </>
      ) : (
        <p className="ledger-note">{words.untried}</p>
      )}
    </li>
  )
}
