import { floorSessions, noteIn, type Task } from '@headrace/factory/floor'
import { useSession } from '@headrace/client/react'
import { HeadraceError, type SessionView } from '@headrace/core'
import { useMemo, useState, type ReactNode } from 'react'
import { readFloor } from '../model/floor-board.ts'
import { visibleText } from '../model/visible-text.ts'
import { callName, useSessionPlace } from '../session/session-context.ts'
import { text } from '../text.ts'
import { Button } from '../ui/button.tsx'
import { Icon } from '../ui/icon.tsx'
import { ReasonDialog } from '../ui/reason-dialog.tsx'
import { DeskAnswer } from './desk-answer.tsx'
import { FloorContext } from './floor-context.ts'
import { UndoButton } from './undo-button.tsx'
import { useDesk } from './use-desk.ts'
import './lane-strip.css'

interface Props {
  /** Of the lane's session. */
  readonly view: SessionView
  readonly floor: string
  readonly lane: string
}

/** Above a lane's session: the task it is on, and what a person can do with the lane. */
export function LaneStrip({ view, floor, lane }: Props): ReactNode {
  const place = useSessionPlace()
  const { session, may, me } = place
  const { floor: homeId, crew } = floorSessions(floor)
  const home = useSession(homeId)
  const desk = useDesk(home.session)
  const [refused, setRefused] = useState<string>()
  const [nuking, setNuking] = useState<string>()
  /** The attempt that was put away. */
  const [nuked, setNuked] = useState<string>()
  const { tasks, shelf = [] } = useMemo(() => readFloor(home.view.document.value), [home.view.document.value])
  const task = Object.values(tasks).find(
    ({ state }) => state.status === 'working' && state.lane === lane && state.pausedFor === undefined,
  )
  const run = view.runs.findLast(({ status }) => status !== 'ended')
  const { holder } = view.floor
  const attended = home.view.runs.some(({ agent, status }) => agent === crew.foreman && status === 'active')
  const away = shelf.find(({ id }) => id === nuked)
  const context = useMemo(
    () => ({ sessions: floorSessions(floor), ask: desk.ask, reject: () => {}, may, me }),
    [floor, desk.ask, may, me],
  )
  const act = (done: Promise<unknown>): void => {
    setRefused(undefined)
    done.catch((thrown: unknown) => setRefused(text.lane.refused(HeadraceError.from(thrown).message)))
  }
  return (
    <div className="strip" data-testid="lane-strip" data-lane={lane}>
      <div className="strip-row">
        <p className="strip-task">{task ? <OnTask task={task} /> : text.lane.idle}</p>
        <div className="strip-buttons">
          {may.takeFloor && holder?.actor === me && holder !== undefined && (
            <Button size="small" look="primary" onClick={() => act(session.handBack())}>
              {text.lane.handBack}
            </Button>
          )}
          {may.takeFloor && holder === undefined && run && (
            <Button size="small" onClick={() => act(session.takeFloor())}>
              {text.lane.take}
            </Button>
          )}
          {may.control && run && (
            <Button
              size="small"
              icon={<Icon name={run.paused ? 'play' : 'pause'} />}
              onClick={() => act(run.paused ? session.resume(run.id) : session.pause(run.id))}
            >
              {run.paused ? text.lane.resume : text.lane.pause}
            </Button>
          )}
          {may.send && task && (
            <Button size="small" className="controls-stop" onClick={() => setNuking(task.id)}>
              {text.lane.nuke}
            </Button>
          )}
        </div>
      </div>
      {holder && (
        <p className="strip-held" data-testid="lane-taken">
          {holder.actor === me ? text.floor.state.takenByYou : text.floor.state.taken(callName(place, holder.actor))}.{' '}
          <Clone view={view} />
        </p>
      )}
      {refused !== undefined && (
        <p className="strip-refused" role="alert">
          {refused}
        </p>
      )}
      <DeskAnswer desk={desk} attended={attended} />
      {nuked !== undefined && desk.asked?.kind !== 'refused' && (
        <FloorContext value={context}>
          <div className="strip-undo" data-testid="strip-undo">
            <span>{away ? text.lane.undo(nuked) : text.lane.undoSoon(nuked)}</span>{' '}
            {away && <UndoButton clone={away} />}
          </div>
        </FloorContext>
      )}
      {nuking !== undefined && (
        <ReasonDialog
          title={text.lane.nukeTitle(nuking)}
          lead={text.lane.nukeLead}
          action={text.lane.nukeShort}
          onClose={() => setNuking(undefined)}
          onReason={(reason) => {
            if (task?.state.status === 'working') setNuked(`${task.id.toLowerCase()}-${task.state.attempt}`)
            desk.ask({ ask: 'nuke', lane, reason })
          }}
        />
      )}
    </div>
  )
}

function OnTask({ task: { id, title, state } }: { readonly task: Task }): ReactNode {
  return (
    <>
      <span className="task-id">{id}</span> <bdi>{title}</bdi>{' '}
      {state.status === 'working' && <span className="strip-attempt">{text.floor.attempt(state.attempt)}</span>}
    </>
  )
}

/** Where the attempt works, for whoever has taken it over. */
function Clone({ view }: { readonly view: SessionView }): ReactNode {
  const run = view.runs.findLast(({ status }) => status === 'active')
  const clone = noteIn(
    view.messages.filter((message) => message.run === run?.id),
    'factory.clone',
  )
  if (typeof clone !== 'string') return null
  return (
    <>
      {text.lane.clone} <code className="strip-clone">{visibleText(clone)}</code>
    </>
  )
}
