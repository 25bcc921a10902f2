import { readdir, readFile } from 'node:fs/promises'
import process from 'node:process'

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

interface Entry extends MarkedProcess {
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
  return entries.filter((entry) => found.has(entry.pid)).map(({ pid, command }) => ({ pid, command }))
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
        ended.set(found.pid, found)
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

async function processTable(value: string): Promise<readonly Entry[]> {
  let names: string[]
  try {
    names = await readdir('/proc')
  } catch {
    return []
  }
  const marker = Buffer.from(`${markerName}=${value}\0`)
  const entries = await Promise.all(
    names.filter((name) => /^\d+$/.test(name)).map((name) => readEntry(Number(name), marker)),
  )
  return entries.filter((entry) => entry !== undefined)
}

async function readEntry(pid: number, marker: Buffer): Promise<Entry | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
    // The name in parentheses may hold anything, so the fields are counted from its end.
    const [state, parent, , session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (state === 'Z' || state === 'X') return undefined // over; its parent has not looked yet
    const environment = await readFile(`/proc/${pid}/environ`).catch(() => Buffer.alloc(0))
    const at = environment.indexOf(marker)
    const marked = at === 0 || (at > 0 && environment[at - 1] === 0)
    const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    const command = line.replaceAll('\0', ' ').trim().slice(0, 200)
    return { pid, command, parent: Number(parent), session: Number(session), marked }
  } catch {
    return undefined // it ended meanwhile
  }
}
