import { floorSessions, type FloorPlace } from '@headrace/factory/floor'
import type { SessionView } from '@headrace/core'
import type { ReactNode } from 'react'
import { hrefOf } from '../route/route.ts'
import { useSessionPlace } from '../session/session-context.ts'
import { Watching } from '../session/watching.tsx'
import { text } from '../text.ts'
import { SteerBox } from './steer-box.tsx'
import '../session/watching.css'

interface Props {
  readonly view: SessionView
  readonly place: FloorPlace
}

/** Where the composer is elsewhere: nobody but the foreman and lanes give work to the sessions of a floor. */
export function FloorDock({ view, place }: Props): ReactNode {
  const { may } = useSessionPlace()
  switch (place.part) {
    case 'lane': {
      const run = view.runs.findLast(({ status }) => status === 'active')
      if (!may.control) return <Watching />
      return run ? (
        <SteerBox key={run.id} run={run} messages={view.messages} />
      ) : (
        <Note words={text.lane.nothing} floor={place.floor} />
      )
    }
    case 'merge':
      return <Note words={text.lane.merge} floor={place.floor} />
    case 'floor':
      return <Note words={text.lane.floorLog} floor={place.floor} />
    default:
      return place satisfies never
  }
}

interface NoteProps {
  readonly words: string
  readonly floor: string
}

function Note({ words, floor }: NoteProps): ReactNode {
  return (
    <p className="watching">
      {words} <a href={hrefOf(floorSessions(floor).floor)}>{text.lane.ofFloor(floor)}</a>
    </p>
  )
}
