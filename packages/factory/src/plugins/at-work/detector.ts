import { array, boolean, integer, object, oneOf, string, type Schema } from '@headrace/core'
import { findingKinds, type SlowDetector, type Verdict } from '../../detect/detector.ts'
import { amount } from '../../files/shapes.ts'
import { PluginThread, type PluginThreadOptions } from '../plugin-thread.ts'

const verdict: Schema<Verdict> = object({
  step: integer(0, Number.MAX_SAFE_INTEGER),
  score: amount(),
  flagged: boolean(),
  waiting: boolean(),
  findings: array(
    object({ kind: oneOf(...findingKinds), score: amount(), weight: amount(), evidence: string({ max: 4_096 }) }),
    { max: 100 },
  ),
  stop: boolean(),
})

/** A detector of a plugin, for the steps of one attempt. It has a thread of its own, which begins with the first step. */
export function pluginDetector(name: string, options: PluginThreadOptions): SlowDetector {
  const thread = new PluginThread(options)
  return {
    name,
    step: async (step) => verdict.parse(await thread.call('step', [step]), `the verdict of ${name}`),
    close: () => thread.close(),
  }
}
