import type { EndedAttempt } from '../floor/task.ts'

/** So many attempts in a row that come to the same are enough. */
const same = 3

/**
 * Why a task is not tried again although tries are left: the last attempts came to the same, and none was worth more than
 * the one before. Pure.
 *
 * @param attempts - those that count, oldest first
 */
export function stopLoop(attempts: readonly EndedAttempt[]): string | undefined {
  const last = attempts.slice(-same)
  const [first] = last
  if (!first || last.length < same || first.failure === undefined) return undefined
  const isSame = last.every(({ outcome, failure }) => outcome === first.outcome && failure === first.failure)
  const isBetter = last.some(({ reward = 0 }, index) => index > 0 && reward > (last[index - 1]?.reward ?? 0))
  if (!isSame || isBetter) return undefined
  return `${same} attempts in a row were ${first.outcome} for the same: ${first.failure}`
}
