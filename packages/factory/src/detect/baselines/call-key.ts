import { callOf } from '../call.ts'
import type { Step } from '../step.ts'

/** Tool and arguments with sorted keys; nothing for a step without a call. */
export function callKey(step: Step): string | undefined {
  return step.tool === '' ? undefined : callOf(step).exact
}
