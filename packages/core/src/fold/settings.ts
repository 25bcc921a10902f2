/** How a session's settings, its shared document and its origin change. */
import { applyPatch } from '../json-patch.ts'
import type { EventOf, SettingsChange } from '../events.ts'
import type { SessionView } from '../view.ts'
import { endOpenRuns } from './runs.ts'
import { withdrawAll } from './requests.ts'

type SessionEvents = EventOf<
  'session.created' | 'session.updated' | 'session.forked' | 'log.compacted' | 'document.patched'
>

export function foldSession(view: SessionView, event: SessionEvents): SessionView {
  switch (event.type) {
    case 'session.created':
      return {
        ...view,
        ...event.data,
        metadata: mergeMetadata({}, event.data.metadata ?? {}),
        createdAt: event.at,
        createdBy: event.actor,
      }
    case 'session.updated': {
      const { metadata, ...change } = event.data
      const changed = changeSettings(view, change)
      return metadata ? { ...changed, metadata: mergeMetadata(view.metadata, metadata) } : changed
    }
    case 'session.forked': {
      const { archived: _, ...copy } = view
      const detail = 'The session was copied while this was open; it goes on in the original.'
      return {
        ...withdrawAll(endOpenRuns(copy, event, detail), event.at, detail),
        createdAt: event.at,
        createdBy: event.actor,
        forkedFrom: { session: event.data.from, seq: event.data.at },
        floor: { asked: [] },
        presence: [],
      }
    }
    case 'log.compacted':
      return { ...view, compactedTo: event.data.floor }
    case 'document.patched':
      return {
        ...view,
        document: { version: event.data.version, value: applyPatch(view.document.value, event.data.patch) },
      }
    default:
      return event satisfies never
  }
}

/** Session metadata after a patch: `null` removes a key. */
export function mergeMetadata(
  before: SessionView['metadata'],
  patch: SessionView['metadata'],
): SessionView['metadata'] {
  return Object.fromEntries(Object.entries({ ...before, ...patch }).filter(([, value]) => value !== null))
}

/** Settings after a change: `null` takes one away, and so does `archived: false`. */
export function changeSettings(view: SessionView, change: SettingsChange): SessionView {
  const entries = Object.entries({ ...view, ...change }).filter(
    ([key, value]) => !(key in change) || (value !== null && value !== false),
  )
  return Object.fromEntries(entries) as unknown as SessionView // the fields of a view, less those that may be absent
}
