import type { FloorRequest, FloorSessions, Task } from '@headrace/factory/floor'
import type { Actor } from '@headrace/core'
import { createContext, useContext } from 'react'
import type { May } from '../model/may.ts'

/** What every piece of a floor's page may need. Changes seldom. */
export interface FloorPlaceContext {
  readonly sessions: FloorSessions
  readonly ask: (request: FloorRequest) => void
  /** Asks why, and then rejects. */
  readonly reject: (task: Task) => void
  readonly may: May
  /** Who reads; undefined until the server has said so. */
  readonly me: Actor | undefined
}

export const FloorContext = createContext<FloorPlaceContext | undefined>(undefined)

export function useFloorPlace(): FloorPlaceContext {
  const place = useContext(FloorContext)
  if (!place) throw new Error('Only inside a floor page.')
  return place
}
