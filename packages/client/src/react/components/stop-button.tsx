import type { ComponentProps, ReactNode } from 'react'
import type { CancelTarget } from '@headrace/core'
import { useRuns } from '../use-runs.ts'

export interface StopButtonProps extends Omit<ComponentProps<'button'>, 'type' | 'onClick'> {
  /** Id of the session. */
  readonly session: string
  /** What it stops. Default: all work of the session. */
  readonly target?: CancelTarget
  /** Called when the stop was refused. Default: nothing happens. */
  readonly onRefused?: (error: unknown) => void
}

/**
 * A button that stops the agents at work; there while there is work, in every tab and after a reload.
 *
 * @example
 * ```tsx
 * <StopButton session="support/42" target={{ own: true }}>Stop</StopButton>
 * ```
 */
export function StopButton({
  session,
  target = { all: true },
  onRefused = () => undefined,
  children = 'Stop',
  ...rest
}: StopButtonProps): ReactNode {
  const { isBusy, cancel } = useRuns(session)
  if (!isBusy) return null
  return (
    <button {...rest} type="button" onClick={() => void cancel(target).catch(onRefused)}>
      {children}
    </button>
  )
}
