import type { Session } from '@headrace/client'
import { actorId, type Actor } from '@headrace/core'
import { createContext, useContext } from 'react'
import type { May } from '../model/may.ts'
import { text } from '../text.ts'

/** What every piece of a session's page may need. Changes seldom: nothing in it moves while text streams. */
export interface SessionPlace {
  readonly session: Session
  /** Who reads; undefined until the server has said so. */
  readonly me: Actor | undefined
  readonly may: May
  readonly names: ReadonlyMap<Actor, string>
  /** Agents are asked here by what people say: not so in what is over, and in the sessions of a floor. */
  readonly asks: boolean
}

export const SessionContext = createContext<SessionPlace | undefined>(undefined)

export function useSessionPlace(): SessionPlace {
  const place = useContext(SessionContext)
  if (!place) throw new Error('Only inside a session page.')
  return place
}

/** How to call a participant: "you" for the reader. */
export function callName({ me, names }: SessionPlace, actor: Actor): string {
  return actor === me ? text.people.you : (names.get(actor) ?? actorId(actor))
}
