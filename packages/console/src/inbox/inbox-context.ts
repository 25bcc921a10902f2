import type { HeadraceError } from '@headrace/core'
import { createContext, useContext } from 'react'
import type { Inbox } from '../model/urgency.ts'

/** What waits for the reader in all sessions, as the page knows it last. */
export interface InboxPlace extends Inbox {
  /** How many tasks of floors wait for a person. */
  readonly tasks: number
  readonly status: 'loading' | 'ready'
  readonly error: HeadraceError | undefined
  /** Looks again, now. */
  readonly refresh: () => void
}

export const InboxContext = createContext<InboxPlace | undefined>(undefined)

export function useInboxPlace(): InboxPlace {
  const place = useContext(InboxContext)
  if (!place) throw new Error('Only inside the shell.')
  return place
}
