import { availableParallelism, loadavg } from 'node:os'

/**
 * How many times as long things may take because others want the processors as well; 1 where nobody else does. What must be
 * over in seconds is not late because other tests had the machine.
 */
export function crowd(): number {
  const [lastMinute = 0] = loadavg()
  return Math.max(1, lastMinute / availableParallelism())
}
