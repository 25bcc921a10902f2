import { toJson } from '../to-json.ts'
import type { AgentRun, ApproveOptions } from './run.ts'

/** A call that a model wants to make. */
export interface WantedCall {
  readonly name: string
  readonly input: unknown
}

/**
 * Asks whether a tool may be called with exactly this input. The ids that models give their calls are no part of it: an
 * attempt that comes to the same call later finds the answer that an earlier one was given.
 *
 * @returns whether somebody approved
 * @throws HeadraceError `request_closed` when it was withdrawn
 * @throws RunStopped when the run must stop
 * @example
 * ```ts
 * async function handler(run: AgentRun) {
 *   const call = { name: 'refund', input: { order: 4711, euros: 30 } }
 *   if (await approveTool(run, call, { title: 'Refund 30 €?' })) await run.text('Refunded.')
 * }
 * ```
 */
export function approveTool(
  run: Pick<AgentRun, 'approve'>,
  { name, input }: WantedCall,
  options: ApproveOptions = {},
): Promise<boolean> {
  return run.approve(
    { tool: name, input: toJson(input) },
    { title: `May ${name} be called?`.slice(0, 512), ...options },
  )
}
