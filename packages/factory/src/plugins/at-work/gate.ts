import { integer, object, oneOf, optional, string, tagged, type Schema } from '@headrace/core'
import type { Gate, GateOpinion } from '../../gate/gate.ts'
import type { PluginThread } from '../plugin-thread.ts'

const count = integer(0, 1_000_000_000)
const output = optional(string({ max: 1_000_000 }))
const opinion: Schema<GateOpinion> = tagged('verdict', {
  green: object({ tests: optional(object({ passed: count, failed: count, skipped: count })), output }),
  red: object({
    class: oneOf('product', 'harness', 'setup', 'environment'),
    why: string({ min: 1, max: 4_096 }),
    output,
  }),
})

/** A gate of a plugin. One that throws, hangs or answers something else is red: nothing passes by its silence. */
export function pluginGate(about: Pick<Gate, 'name' | 'about'>, thread: PluginThread): Gate {
  return {
    name: about.name,
    about: about.about,
    async judge({ onOutput, signal, ...plain }) {
      try {
        const said = await thread.call('judge', [plain], {
          ...(onOutput && {
            callbacks: { onOutput: (chunk: unknown) => chunk instanceof Uint8Array && onOutput(chunk) },
          }),
          ...(signal && { signal }),
        })
        return opinion.parse(opinionOf(said), `what the gate ${about.name} says`)
      } catch (thrown) {
        return { verdict: 'red', class: 'harness', why: thrown instanceof Error ? thrown.message : String(thrown) }
      }
    },
  }
}

/** Only what counts: a gate may give all that {@link runGate} gives. */
function opinionOf(said: unknown): unknown {
  if (typeof said !== 'object' || said === null) return said
  const { verdict, tests, class: failure, why, output: printed } = said as Readonly<Record<string, unknown>> // checked by the caller
  const kept = Object.entries({ verdict, tests, class: failure, why, output: printed })
  const known = verdict === 'green' ? ['verdict', 'tests', 'output'] : ['verdict', 'class', 'why', 'output']
  return Object.fromEntries(kept.filter(([key, value]) => known.includes(key) && value !== undefined))
}
