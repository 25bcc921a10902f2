import { attemptRun, type FloorDocument, type Task } from '@headrace/factory/floor'
import { actorId } from '@headrace/core'
import { useSession } from '@headrace/client/react'
import { useMemo, type ReactNode } from 'react'
import { laneState, lastWord, type LaneState } from '../model/lane-state.ts'
import { elapsed } from '../model/time.ts'
import { text } from '../text.ts'
import { CirclesNote } from './circles-note.tsx'
import { useFloorPlace } from './floor-context.ts'

interface Props {
  readonly lane: string
  readonly task: Task
  readonly floor: FloorDocument
  readonly atGate: ReadonlySet<string>
  readonly attended: boolean
  readonly now: number
}

/** A freshness below this is "now": the times of two machines differ by about as much. */
const freshMs = 2_000

/** What a lane does for a task at this moment, live from the lane's own session. */
export function LaneWork({ lane, task, floor, atGate, attended, now }: Props): ReactNode {
  const { sessions, me } = useFloorPlace()
  const { view, status } = useSession(sessions.lane(lane))
  const { state } = task
  const word = useMemo(() => {
    if (state.status !== 'working') return undefined
    return lastWord(view.messages, attemptRun(view, task.id, state.attempt))
  }, [view, task.id, state])
  if (state.status !== 'working') return null
  const doing = laneState({ floor, task, view, atGate })
  const quietMs = now - view.at
  return (
    <div className="work" data-state={doing.kind} data-testid="work" data-task={task.id}>
      <p className="work-task">
        <span className="task-id">{task.id}</span> <bdi>{task.title}</bdi>
      </p>
      <p className="work-word" data-kind={word?.kind} dir="auto" data-testid="last-word">
        {status === 'failed' && view.seq === 0 ? '' : word?.line}
      </p>
      {state.waffling && <CirclesNote task={task.id} waffling={state.waffling} />}
      <p className="work-foot">
        <span className="work-state">{stateWords(doing, me, attended)}</span>
        <span className="work-when">
          {view.seq > 0 && doing.kind !== 'waiting' && (
            <span title={text.floor.freshness}>
              {quietMs < freshMs ? text.time.now : text.floor.ago(elapsed(quietMs))}
              {' · '}
            </span>
          )}
          {text.floor.attempt(state.attempt)}
          {' · '}
          {elapsed(now - state.since)}
        </span>
      </p>
    </div>
  )
}

function stateWords(state: LaneState, me: string | undefined, attended: boolean): string {
  const words = text.floor.state
  switch (state.kind) {
    case 'waiting':
      return !attended ? words.nobody : state.lost > 0 ? words.lost : words.waiting
    case 'asks':
      return state.title
    case 'held':
      return words.held(state.for)
    case 'paused':
      return words.paused(state.by === me ? text.people.you : actorId(state.by))
    case 'taken':
      return state.by === me ? words.takenByYou : words.taken(state.name ?? actorId(state.by))
    case 'working':
    case 'gate':
    case 'stopping':
    case 'ending':
      return words[state.kind]
    default:
      return state satisfies never
  }
}
