/**
 * Views that a page begins with: what a server rendered and sent with it, so that the first paint has the messages and
 * hydration finds what stands there. The session itself takes over when it has come.
 */
import { createContext, type Context } from 'react'
import type { SessionId, SessionView } from '@headrace/core'
import type { SessionSnapshot } from '../session/session.ts'

/** Views by session. */
export type SessionViews = Readonly<Record<SessionId, SessionView>>

export const Views: Context<SessionViews> = createContext<SessionViews>({})

const seeds = new WeakMap<SessionView, SessionSnapshot>()

/** The snapshot of a view: the same one for the same view. It is as old as the page, so it is not live. */
export function seedOf(view: SessionView | undefined): SessionSnapshot | undefined {
  if (!view) return undefined
  const known = seeds.get(view)
  if (known) return known
  const seed: SessionSnapshot = {
    view,
    messages: view.messages,
    hasOlder: view.older > 0,
    status: 'stale',
    pending: [],
  }
  seeds.set(view, seed)
  return seed
}
