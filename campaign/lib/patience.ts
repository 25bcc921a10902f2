import { readFileSync } from 'node:fs'

/** A wait is never stretched to more than so many times what it was meant to be. */
const mostStretch = 20
/** How long a wait of so many milliseconds may take. */
export function longestMs(patienceMs: number): number {
  return patienceMs * mostStretch
}

/** Less than this part of a wait is no reason to wait on. */
const leastShare = 0.01

/**
 * Calls back when so many milliseconds have passed in which this process was not kept from running. On a machine that is
 * busy with other things a process may stand in line for 98 of 100 seconds: what has not come by then is late, not stuck.
 * Whoever hangs lets others run, so a wait for that ends in time.
 *
 * @param inLineMs - how long this process has waited for a processor so far
 * @returns what cancels it
 */
export function afterPatience(patienceMs: number, end: () => void, inLineMs = processInLineMs): () => void {
  const latest = performance.now() + longestMs(patienceMs)
  let timer: NodeJS.Timeout
  const wait = (ms: number): void => {
    const before = inLineMs()
    timer = setTimeout(() => {
      const lost = Math.min(inLineMs() - before, latest - performance.now())
      if (lost > patienceMs * leastShare) wait(lost)
      else end()
    }, ms)
  }
  wait(patienceMs)
  return () => clearTimeout(timer)
}

/** 0 where nobody counts it. */
function processInLineMs(): number {
  try {
    // Linux: nanoseconds on a processor, nanoseconds in line for one, turns.
    return Number(readFileSync('/proc/self/schedstat', 'latin1').split(' ')[1]) / 1_000_000
  } catch {
    return 0
  }
}
