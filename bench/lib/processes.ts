import { readFileSync, readdirSync } from 'node:fs'

/** What a group of processes has used since each of them started. */
export interface Usage {
  /** User and system time of all threads, in seconds. The kernel counts in steps of 10 ms. */
  readonly cpuSeconds: number
  /** Resident memory now. Pages that two processes share count twice. */
  readonly rssBytes: number
}

const ticksPerSecond = 100
const pageBytes = 4_096

/**
 * Usage of the processes and all their descendants, by `/proc`; zero for those that are gone. Linux only.
 *
 * @param how - `alone`: without the descendants
 */
export function usageOf(roots: readonly number[], how: { readonly alone?: boolean } = {}): Usage {
  let cpuSeconds = 0
  let rssBytes = 0
  for (const pid of how.alone === true ? roots : descendants(roots)) {
    const stat = readStat(pid)
    if (!stat) continue
    cpuSeconds += (stat.userTicks + stat.systemTicks) / ticksPerSecond
    rssBytes += stat.rssPages * pageBytes
  }
  return { cpuSeconds, rssBytes }
}

interface Stat {
  readonly parent: number
  readonly userTicks: number
  readonly systemTicks: number
  readonly rssPages: number
}

function readStat(pid: number): Stat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The command name may hold anything, so fields are counted from its closing bracket.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    const field = (index: number): number => Number(fields[index])
    return { parent: field(1), userTicks: field(11), systemTicks: field(12), rssPages: field(21) }
  } catch {
    return undefined
  }
}

function descendants(roots: readonly number[]): ReadonlySet<number> {
  const found = new Set(roots)
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc')) {
    const pid = Number(name)
    const stat = Number.isInteger(pid) ? readStat(pid) : undefined
    if (stat) parents.set(pid, stat.parent)
  }
  for (let size = 0; size !== found.size;) {
    size = found.size
    for (const [pid, parent] of parents) if (found.has(parent)) found.add(pid)
  }
  return found
}

/** Seconds that all cores of the machine were busy since it started, whoever used them: other virtual machines too. */
export function machineBusySeconds(): number {
  const line = readFileSync('/proc/stat', 'latin1').split('\n', 1)[0] ?? ''
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, stolen = 0] = line
    .trim()
    .split(/\s+/)
    .slice(1)
    .map(Number)
  return (user + nice + system + irq + softirq + stolen) / ticksPerSecond
}
