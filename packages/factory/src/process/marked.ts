import { readdirSync, readFileSync } from 'node:fs'
import process from 'node:process'
import { setImmediate } from 'node:timers/promises'

/**
 * The variable that everything an attempt starts carries. Tools leave their process group and their session, and agents
 * pass their environment on: it is the one thing by which all of it is found again.
 */
export const markerName = 'HEADRACE_ATTEMPT'

/** A process that belongs to an attempt. */
export interface MarkedProcess {
  readonly pid: number
  /** Its command line, at most 200 characters. */
  readonly command: string
}

/** What was ended, and what is left after that. Nothing is left when `left` is empty: that was looked for, not assumed. */
export interface EndProof {
  readonly ended: readonly MarkedProcess[]
  readonly left: readonly MarkedProcess[]
  /** Looks at the process table that it took; the last two found nothing, if nothing is left. */
  readonly looks: number
}

interface Entry {
  readonly pid: number
  readonly parent: number
  readonly session: number
  readonly marked: boolean
}

/**
 * The processes that carry the marker with this value, those that come from one of them, and those in the session of
 * one. Needs `/proc`; elsewhere it is empty.
 */
export async function markedProcesses(value: string): Promise<readonly MarkedProcess[]> {
  const entries = await processTable(value)
  const found = new Set(entries.filter((entry) => entry.marked).map((entry) => entry.pid))
  if (found.size === 0) return []
  const own = entries.find((entry) => entry.pid === process.pid)
  const sessions = new Set(entries.filter((entry) => entry.marked).map((entry) => entry.session))
  if (own) sessions.delete(own.session)
  for (const entry of entries) if (sessions.has(entry.session)) found.add(entry.pid)
  for (let before = -1; before !== found.size;) {
    before = found.size
    for (const entry of entries) if (found.has(entry.parent)) found.add(entry.pid)
  }
  found.delete(process.pid)
  return [...found].toSorted((a, b) => a - b).map((pid) => ({ pid, command: commandOf(pid) }))
}

export interface EndMarkedOptions {
  /** When it gives up and says what is left, in ms. Default 5,000. */
  readonly timeoutMs?: number
}

/** Ends everything that carries the marker with this value, and looks again until twice in a row nothing is there. */
export async function endMarked(value: string, options: EndMarkedOptions = {}): Promise<EndProof> {
  const deadline = performance.now() + (options.timeoutMs ?? 5_000)
  const ended = new Map<number, MarkedProcess>()
  let empty = 0
  for (let looks = 1; ; looks += 1) {
    const left = await markedProcesses(value)
    empty = left.length === 0 ? empty + 1 : 0
    if (empty === 2) return { ended: [...ended.values()], left: [], looks }
    if (performance.now() > deadline) return { ended: [...ended.values()], left, looks }
    // Stopped first, all of them: what forks faster than it is ended would go on for ever.
    for (const how of ['SIGSTOP', 'SIGKILL'] as const) {
      for (const found of left) {
        // One that is ending has no command line any more.
        if (!ended.has(found.pid)) ended.set(found.pid, found)
        signal(found.pid, how)
      }
    }
    await new Promise((resolve) => setTimeout(resolve, left.length === 0 ? 5 : 20))
  }
}

function signal(pid: number, how: NodeJS.Signals): void {
  try {
    process.kill(pid, how)
  } catch {
    // It ended by itself.
  }
}

/** Processes that are read before everything else has its turn. */
const atOnce = 250

/**
 * Read while nothing else happens: the kernel answers from memory, within 20 µs for a process, and by the threads that wait
 * for disks it takes eight times the processor time. It is done twice after every command that is confined.
 */
async function processTable(value: string): Promise<readonly Entry[]> {
  let names: string[]
  try {
    names = readdirSync('/proc')
  } catch {
    return []
  }
  const marker = Buffer.from(`${markerName}=${value}\0`)
  const entries: Entry[] = []
  let read = 0
  for (const name of names) {
    if (!/^\d+$/.test(name)) continue
    const entry = readEntry(Number(name), marker)
    if (entry) entries.push(entry)
    read += 1
    if (read % atOnce === 0) await setImmediate()
  }
  return entries
}

function readEntry(pid: number, marker: Buffer): Entry | undefined {
  const stat = contents(pid, 'stat')?.toString('latin1')
  if (stat === undefined) return undefined // it ended meanwhile
  // The name in parentheses may hold anything, so the fields are counted from its end.
  const [state, parent, , session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  if (state === 'Z' || state === 'X') return undefined // over; its parent has not looked yet
  const environment = contents(pid, 'environ')
  const at = environment?.indexOf(marker) ?? -1
  const marked = at === 0 || (at > 0 && environment?.[at - 1] === 0)
  return { pid, parent: Number(parent), session: Number(session), marked }
}

function commandOf(pid: number): string {
  const line = contents(pid, 'cmdline')?.toString('utf8') ?? ''
  return line.replaceAll('\0', ' ').trim().slice(0, 200)
}

/** What the kernel says of a process; `undefined` where it is gone or another user’s. */
function contents(pid: number, name: 'stat' | 'environ' | 'cmdline'): Buffer | undefined {
  try {
    return readFileSync(`/proc/${pid}/${name}`)
  } catch {
    return undefined
  }
}
