import { useMemo } from 'react'
import type { Actor, Presence, SessionView } from '@headrace/core'
import { useSlice } from './use-slice.ts'

/** A participant who has the session open. */
export interface PresentParticipant {
  readonly actor: Actor
  readonly name?: string
  readonly devices: readonly Presence[]
}

const presenceOf = ({ view }: { readonly view: SessionView }): SessionView['presence'] => view.presence

/**
 * Who has the session open, each once however many devices they have. `useSession(id, { present: true })` shows this one.
 *
 * @example
 * ```tsx
 * function People({ id }: { id: string }) {
 *   return usePresence(id).map(({ actor, name, devices }) => <p key={actor}>{name ?? actor} ({devices.length})</p>)
 * }
 * ```
 */
export function usePresence(id: string): readonly PresentParticipant[] {
  const [presence] = useSlice(id, presenceOf)
  return useMemo(() => {
    const byActor = Map.groupBy(presence, ({ actor }) => actor)
    return Array.from(byActor, ([actor, devices]) => {
      const name = devices.find((device) => device.name !== undefined)?.name
      return { actor, devices, ...(name !== undefined && { name }) }
    })
  }, [presence])
}
