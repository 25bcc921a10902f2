/** Waiting on purpose: for a build, a pipeline, a server. A state, and no repetition. Pure. */
import type { Fact, Memory } from './memory.ts'

/** Programs that do nothing but wait, or ask whether something is ready. */
const waits =
  /^(?:sleep|wait|watch|until|while|gh run|gh pr checks|kubectl (?:get|rollout|wait)|docker (?:ps|wait|inspect)|squeue|jobs|pgrep)\b|\s--(?:watch|wait)\b/
/** Programs by which one looks at something that moves. */
const looks = /^(?:tail|curl|wget|ps|docker logs|journalctl|kubectl logs|nvidia-smi)\b/
const waitTool = /wait|sleep|poll/i
const lookTool = /status|watch|output|progress|logs?$/i
/** So long a call takes only when there is something to wait for. */
const slowMs = 20_000

/**
 * Whether a step does again what was done just before, or before a pause, to see whether something is ready by now.
 * What waits by name may ask in vain; anything else must show that there is something to wait for.
 */
export function isWaiting(now: Fact, memory: Memory): boolean {
  const last = memory.last
  const earlier = memory.back(2)
  if (!last) return false
  if (last.core === now.core) return waitsFor(now, last)
  return earlier?.core === now.core && (asks(now) === 'waits' || asks(last) === 'waits') && waitsFor(now, earlier, true)
}

function waitsFor(now: Fact, before: Fact, hasPaused = false): boolean {
  const { kind } = now.call
  if (kind === 'edit' || kind === 'delete' || kind === 'talk' || kind === 'think') return false
  const isMoving = now.result.shape !== before.result.shape || now.result.pending
  const { at } = now.step
  const isSlow = at !== undefined && before.step.at !== undefined && at - before.step.at >= slowMs
  const how = hasPaused ? 'waits' : asks(now)
  if (how === 'waits') return true
  return (how === 'looks' || isSlow ? isMoving : now.result.pending) && !now.result.failed
}

function asks({ call: { command }, step: { tool } }: Fact): 'waits' | 'looks' | undefined {
  if (command === undefined) return waitTool.test(tool) ? 'waits' : lookTool.test(tool) ? 'looks' : undefined
  const programs = command.split(/&&|\|\||[;|\n]/).map((part) => part.trim())
  if (programs.some((program) => waits.test(program))) return 'waits'
  return looks.test(programs[0] ?? '') ? 'looks' : undefined
}
