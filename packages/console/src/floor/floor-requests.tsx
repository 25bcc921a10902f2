import type { ReactNode } from 'react'
import { useInboxPlace } from '../inbox/inbox-context.ts'
import type { BoardLane } from '../model/floor-board.ts'
import { text } from '../text.ts'
import { useFloorPlace } from './floor-context.ts'
import { PlaceRequests } from './place-requests.tsx'
import '../ui/cards.css'

/** So many lanes at work are followed; what others ask comes by way of the inbox, some seconds later. */
const followed = 48

/** What is asked in the lanes at work and at the gate, to be answered here. */
export function FloorRequests({ lanes }: { readonly lanes: readonly BoardLane[] }): ReactNode {
  const { sessions } = useFloorPlace()
  const { requests } = useInboxPlace()
  const asking = new Set(requests.map(({ session }) => session))
  const busy = lanes.filter(({ work }) => work.length > 0)
  const looked = busy.filter(({ lane }, index) => index < followed || asking.has(sessions.lane(lane.name)))
  return (
    <div className="cards floor-requests">
      {looked.map(({ lane }) => (
        <PlaceRequests key={lane.name} session={sessions.lane(lane.name)} name={lane.name} />
      ))}
      <PlaceRequests session={sessions.merge} name={text.floor.gate} />
    </div>
  )
}
