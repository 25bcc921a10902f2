import { useMemo, useSyncExternalStore } from 'react'
import type { Json } from '@headrace/core'
import { systemClock, type Clock } from '../clock.ts'
import { EphemeralValues } from '../session/ephemeral-values.ts'
import { useHeadrace } from './context.ts'
import type { EphemeralSignal } from '../session/session.ts'

export interface UseEphemeralOptions {
  /** How long what somebody shows lasts here, in milliseconds. Default 5,000. */
  readonly ttlMs?: number
  /** Time; default the machine's. */
  readonly clock?: Clock
}

export interface UseEphemeral {
  /** What the others show now, the last of each device. */
  readonly values: readonly EphemeralSignal[]
  /** Shows something; `null` takes it back. Show it again before it is over, to keep it. */
  readonly show: (value: Json) => void
}

const none: readonly EphemeralSignal[] = []

/**
 * What people show each other for a moment and nobody keeps: that they type, where they point.
 *
 * @param name - what it is: `typing`
 * @example
 * ```tsx
 * function Typing({ id }: { id: string }) {
 *   const { values, show } = useEphemeral(id, 'typing')
 *   return <input placeholder={values.map(({ actor }) => actor).join()} onInput={() => show(true)} />
 * }
 * ```
 */
export function useEphemeral(id: string, name: string, options: UseEphemeralOptions = {}): UseEphemeral {
  const { ttlMs = 5_000, clock = systemClock } = options
  const client = useHeadrace()
  const session = useMemo(() => client.session(id), [client, id])
  const shown = useMemo(() => new EphemeralValues({ session, name, ttlMs, clock }), [session, name, ttlMs, clock])
  const values = useSyncExternalStore(shown.subscribe, shown.getSnapshot, () => none)
  return useMemo(() => ({ values, show: (value) => session.ephemeral(name, value) }), [values, session, name])
}
