import { array, boolean, integer, object, oneOf, string, type Schema } from '@headrace/core'
import { findingKinds, type Verdict } from '../../detect/detector.ts'
import type { Step } from '../../detect/step.ts'
import { amount } from '../../files/shapes.ts'
import { PluginThread, type PluginThreadOptions } from '../plugin-thread.ts'

/** A detector of a plugin, for the steps of one lane. It has a thread of its own, so what it says takes its time. */
export interface PluginDetector {
  readonly name: string
  /** @throws FactoryError `plugin_failed` */
  step(step: Step): Promise<Verdict>
  close(): Promise<void>
}

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

export function pluginDetector(name: string, options: PluginThreadOptions): PluginDetector {
  const thread = new PluginThread(options)
  return {
    name,
    step: async (step) => verdict.parse(await thread.call('step', [step]), `the verdict of ${name}`),
    close: () => thread.close(),
  }
}
