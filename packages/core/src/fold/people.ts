/** How presence, cursors and the floor change. */
import { hot } from '../limits.ts'
import type { EventOf } from '../events.ts'
import type { Floor, SessionView } from '../view.ts'

type PeopleEvent = EventOf<
  'presence.joined' | 'presence.left' | 'cursor.moved' | 'floor.requested' | 'floor.taken' | 'floor.returned'
>

export function foldPeople(view: SessionView, event: PeopleEvent): SessionView {
  switch (event.type) {
    case 'presence.joined':
      return {
        ...view,
        presence: [...without(view, event), { actor: event.actor, since: event.at, ...event.data }],
      }
    case 'presence.left':
      return { ...view, presence: without(view, event) }
    case 'cursor.moved': {
      const others = view.cursors.filter((cursor) => cursor.actor !== event.actor)
      const cursors = [...others, { actor: event.actor, seq: event.data.seq, at: event.at }]
      return { ...view, cursors: cursors.slice(-hot.cursors) }
    }
    case 'floor.requested':
      return {
        ...view,
        floor: {
          ...view.floor,
          asked: [...askedBefore(view, event), { actor: event.actor, at: event.at, ...event.data }],
        },
      }
    case 'floor.taken':
      return {
        ...view,
        floor: { holder: { actor: event.actor, since: event.at, ...event.data }, asked: askedBefore(view, event) },
      }
    case 'floor.returned':
      return { ...view, floor: { asked: view.floor.asked } }
    default:
      return event satisfies never
  }
}

function without(view: SessionView, event: EventOf<'presence.joined' | 'presence.left'>): SessionView['presence'] {
  return view.presence.filter((entry) => entry.actor !== event.actor || entry.device !== event.data.device)
}

function askedBefore(view: SessionView, { actor }: PeopleEvent): Floor['asked'] {
  return view.floor.asked.filter((entry) => entry.actor !== actor)
}
