import { askFloor, type FloorRequest } from '@headrace/factory/floor'
import type { Session } from '@headrace/client'
import { HeadraceError } from '@headrace/core'
import { useCallback, useEffect, useRef, useState } from 'react'

/** How it stands with what was asked of a floor last. */
export type Asked =
  | { readonly kind: 'asking' }
  | { readonly kind: 'accepted'; readonly said: string }
  | { readonly kind: 'refused'; readonly said: string }

export interface Desk {
  readonly asked: Asked | undefined
  /** What was asked and not answered yet, in order. */
  readonly pending: readonly FloorRequest[]
  readonly ask: (request: FloorRequest) => void
  readonly dismiss: () => void
}

/** Asks things of a floor and keeps the newest answer. What is asked goes on also when the page is left. */
export function useDesk(session: Session): Desk {
  const [asked, setAsked] = useState<Asked>()
  const [pending, setPending] = useState<readonly FloorRequest[]>([])
  const newest = useRef(0)
  const leave = useRef<AbortController>(undefined)
  useEffect(() => {
    const controller = new AbortController()
    leave.current = controller
    return () => controller.abort()
  }, [session])
  const ask = useCallback(
    (request: FloorRequest) => {
      const turn = (newest.current += 1)
      const show = (next: Asked): void => {
        if (turn === newest.current) setAsked(next)
      }
      show({ kind: 'asking' })
      setPending((before) => [...before, request])
      const signal = leave.current?.signal
      askFloor(session, request, signal ? { signal } : {})
        .then(
          ({ outcome, said }) => show({ kind: outcome === 'refused' ? 'refused' : 'accepted', said }),
          (thrown: unknown) => {
            if (signal?.aborted !== true) show({ kind: 'refused', said: HeadraceError.from(thrown).message })
          },
        )
        .finally(() => setPending((before) => before.filter((each) => each !== request)))
    },
    [session],
  )
  const dismiss = useCallback(() => {
    newest.current += 1
    setAsked(undefined)
  }, [])
  return { asked, pending, ask, dismiss }
}
