import type { SessionView } from '@headrace/core'
import type { FloorDocument } from '../floor/floor-document.ts'
import { needsPerson, type NeedyTask } from '../floor/needs-person.ts'
import type { Notice } from './notifier.ts'

/** A session and what stands in it. */
export interface Seen {
  readonly session: string
  readonly view: SessionView
}

export interface NoticesOptions {
  readonly floor: FloorDocument
  /** Key of the floor's session. */
  readonly session: string
  /** Sessions in which something may be asked. */
  readonly asking: readonly Seen[]
  /** Milliseconds since 1970. */
  readonly now: number
}

/** All that waits for a person now. Pure: the same thing has the same id until it is over. */
export function noticesOf({ floor, session, asking, now }: NoticesOptions): readonly Notice[] {
  const held: Notice[] =
    floor.mode === 'paused' && floor.modeWhy !== undefined
      ? [
          {
            id: `held ${floor.modeWhy}`,
            what: 'held',
            title: 'The floor is held',
            text: floor.modeWhy,
            session,
            at: now,
          },
        ]
      : []
  const tasks = needsPerson(floor).map((task) => taskNotice(task, session))
  const requests = asking.flatMap((seen) =>
    seen.view.requests
      .filter(({ status }) => status === 'open')
      .map(({ id, spec }): Notice => {
        const key = `request ${seen.session} ${id}`
        return { id: key, what: 'request', title: spec.title, text: '', session: seen.session, at: now }
      }),
  )
  return [...held, ...tasks, ...requests]
}

function taskNotice({ id, title, body, state, at, attempts }: NeedyTask, session: string): Notice {
  const said = { session, task: id }
  switch (state.status) {
    case 'proposed':
      return { id: `${id} proposed`, what: 'proposed', title: `${id} is proposed: ${title}`, text: body, at, ...said }
    case 'review':
      return {
        id: `${id} review ${attempts.length}`,
        what: 'review',
        title: `${id} is there to be looked at: ${title}`,
        text: state.why ?? '',
        at: state.at,
        ...said,
      }
    case 'parked':
      return {
        id: `${id} parked ${attempts.length}`,
        what: 'parked',
        title: `${id} is parked: ${title}`,
        text: state.why,
        at: state.at,
        ...said,
      }
    default:
      return state satisfies never
  }
}
