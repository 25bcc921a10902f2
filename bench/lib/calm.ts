import { setTimeout as wait } from 'node:timers/promises'
import { availableParallelism } from 'node:os'
import { machineBusySeconds } from './processes.ts'

/** Share of the machine that others may use while something is measured. */
const calmShare = 0.05

/** Whether others used so little of the machine that what was measured in this time counts. */
export function isCalm(otherCpuSeconds: number, seconds: number): boolean {
  return otherCpuSeconds <= calmShare * seconds * availableParallelism()
}

/** Waits until the machine has had nothing to do for two seconds, or until the time is up. */
export async function waitForCalm(maxSeconds: number): Promise<void> {
  const until = performance.now() + maxSeconds * 1_000
  while (performance.now() < until) {
    const before = machineBusySeconds()
    await wait(2_000)
    if (isCalm(machineBusySeconds() - before, 2)) return
  }
}
