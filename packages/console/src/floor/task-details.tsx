import type { EndedAttempt, Task } from '@headrace/factory/floor'
import { actorId } from '@headrace/core'
import type { ReactNode } from 'react'
import { Markdown } from '../markdown/markdown.tsx'
import { duration, elapsed } from '../model/time.ts'
import { hrefOf } from '../route/route.ts'
import { text } from '../text.ts'
import { Button } from '../ui/button.tsx'
import { Time } from '../ui/time.tsx'
import { useNow } from '../ui/use-now.ts'
import { useFloorPlace } from './floor-context.ts'
import { PriorityField } from './priority-field.tsx'

interface Props {
  readonly task: Task
}

/** What is wanted, what it waits for, and every attempt at it. */
export function TaskDetails({ task }: Props): ReactNode {
  const now = useNow()
  const { ask, reject, may, sessions } = useFloorPlace()
  const { id, body, kind, acceptance, dependsOn, lane, by, state, attempts } = task
  const isOver = state.status === 'done' || state.status === 'rejected'
  return (
    <div className="details">
      {body !== '' && <Markdown source={body} breaks />}
      {acceptance.length > 0 && (
        <div>
          <h3 className="details-heading">{text.floor.acceptance}</h3>
          <ul className="details-list">
            {acceptance.map((line) => (
              <li key={line} dir="auto">
                {line}
              </li>
            ))}
          </ul>
        </div>
      )}
      <p className="details-facts" dir="auto">
        {text.floor.facts({ kind: text.floor.kinds[kind] ?? kind, by: actorId(by), source: sourceOf(task), lane })}{' '}
        {dependsOn.length > 0 && text.floor.dependsOn(dependsOn)}
      </p>
      {state.status === 'working' && (
        <p className="details-facts">
          {text.floor.under(state.attempt, elapsed(now - state.since))}{' '}
          <a href={hrefOf(sessions.lane(state.lane))}>
            <bdi>{state.lane}</bdi>
          </a>
        </p>
      )}
      <div>
        <h3 className="details-heading">{text.floor.attempts}</h3>
        {attempts.length === 0 && <p className="details-facts">{text.floor.noAttempts}</p>}
        <ol className="attempts">
          {attempts.toReversed().map((attempt) => (
            <AttemptRow key={attempt.attempt} attempt={attempt} />
          ))}
        </ol>
      </div>
      {may.send && !isOver && (
        <div className="details-actions">
          <PriorityField
            value={task.priority}
            onChange={(priority) => ask({ ask: 'prioritise', task: id, priority })}
          />
          {state.status === 'ready' && (
            <Button size="small" onClick={() => reject(task)}>
              {text.floor.reject}
            </Button>
          )}
        </div>
      )}
    </div>
  )
}

/** Where somebody can look it up: who asked on the floor stands there anyway. */
function sourceOf({ source }: Task): string | undefined {
  return source.kind === 'floor' ? undefined : `${source.kind} ${source.ref}`
}

function AttemptRow({ attempt }: { readonly attempt: EndedAttempt }): ReactNode {
  const { outcome, why, lane, startedAt, endedAt, failure, commit } = attempt
  return (
    <li className="attempt" data-testid="attempt" data-outcome={outcome}>
      <p className="attempt-head">
        <span className="attempt-number">{text.number(attempt.attempt)}</span>
        <span className="outcome" data-outcome={outcome}>
          {text.floor.outcomes[outcome] ?? outcome}
        </span>
        <span className="attempt-facts">
          <bdi>{[lane, failure, commit?.slice(0, 10)].filter((each) => each !== undefined).join(' · ')}</bdi>
          {' · '}
          {duration(Math.max(0, endedAt - startedAt))}
        </span>
        <Time at={endedAt} />
      </p>
      <p className="attempt-why" dir="auto">
        {why}
      </p>
    </li>
  )
}
