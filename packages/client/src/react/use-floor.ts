import { useMemo } from 'react'
import type { Floor, SessionView } from '@headrace/core'
import { useActor, useSlice } from './use-slice.ts'
import type { Accepted } from '../outbox.ts'
import type { TakeFloorOptions } from '../session/session-actions.ts'

export interface UseFloor extends Floor {
  /** Whether this participant drives, on this device or another one. */
  readonly isMine: boolean
  /** Takes over: agents hold still until it is handed back. Rejects with `floor_taken` when somebody else has it. */
  readonly take: (options?: TakeFloorOptions) => Promise<Accepted>
  readonly handBack: (note?: string) => Promise<Accepted>
  /** Asks whoever drives. */
  readonly request: (note?: string) => Promise<Accepted>
}

const floorOf = ({ view }: { readonly view: SessionView }): Floor => view.floor

/**
 * Who drives. While a person holds the floor, agents hold still.
 *
 * @example
 * ```tsx
 * function Wheel({ id }: { id: string }) {
 *   const { holder, isMine, take, handBack } = useFloor(id)
 *   if (isMine) return <button onClick={() => void handBack()}>Hand back</button>
 *   if (holder) return <p>{holder.name ?? holder.actor} drives.</p>
 *   return <button onClick={() => void take()}>Take over</button>
 * }
 * ```
 */
export function useFloor(id: string): UseFloor {
  const [floor, session] = useSlice(id, floorOf)
  const actor = useActor()
  return useMemo(
    () => ({
      ...floor,
      isMine: actor !== undefined && floor.holder?.actor === actor,
      take: (options) => session.takeFloor(options),
      handBack: (note) => session.handBack(note),
      request: (note) => session.requestFloor(note),
    }),
    [floor, actor, session],
  )
}
