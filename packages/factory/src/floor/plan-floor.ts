/**
 * What the foreman does next (F1, F5). Pure: it looks at the floor and says which tasks begin where, which hold still for
 * something more urgent, and why each of the others waits.
 */
import type { FloorDocument } from './floor-document.ts'
import { laneOfTries, nextTry } from './next-try.ts'
import { moreUrgent } from './task-order.ts'
import { nextAttempt, type LaneKind, type Task, type TryPart } from './task.ts'

/** How much an agent may do by itself in a lane (F4). */
export type Oversight = 'observe' | 'propose' | 'branch' | 'merge' | 'unattended'

/** What planning needs to know of a lane. */
export interface PlanLane {
  readonly name: string
  readonly kind: LaneKind
  readonly oversight: Oversight
  /** Tasks at the same time. */
  readonly wip: number
  /** Tries at a task, of which the best is landed. Default 1. */
  readonly bestOf?: number
  /** Versions of the skills that its attempts are given, as in `test-fixer@3f2a9c01b7de`. */
  readonly given?: readonly string[]
  /** What shuts its agents in on the machine of the foreman, in words. */
  readonly confined?: string
}

export type FloorStep =
  | (TryPart & {
      readonly step: 'dispatch'
      readonly task: string
      readonly lane: string
      readonly attempt: number
    })
  /** The attempt holds still for another task. */
  | { readonly step: 'pause'; readonly task: string; readonly for: string }
  | { readonly step: 'resume'; readonly task: string }

export interface FloorPlan {
  readonly steps: readonly FloorStep[]
  /** Why each task that is ready does not begin, in words for a person. */
  readonly waiting: Readonly<Record<string, string>>
  /** When something may change by itself, in milliseconds since 1970. */
  readonly lookAgainAt?: number
}

/** Kinds of work that a lane takes beside its own. */
const alsoTakes: Readonly<Record<LaneKind, readonly LaneKind[]>> = {
  ci: [],
  feature: ['bug', 'docs'],
  bug: ['feature', 'docs'],
  horizon: [],
  docs: [],
  custom: [],
}

/** What is to be done now. */
export function planFloor(floor: FloorDocument, lanes: readonly PlanLane[], now: number): FloorPlan {
  const tasks = Object.values(floor.tasks)
  const ready = tasks.filter(({ state }) => state.status === 'ready')
  if (floor.mode !== 'running') {
    return { steps: [], waiting: Object.fromEntries(ready.map(({ id }) => [id, `the floor is ${floor.mode}`])) }
  }
  const world = new World(floor, lanes)
  const waiting: Record<string, string> = {}
  let lookAgainAt = Infinity
  // What holds still has its turn among them, or lanes that are never idle would keep it waiting for ever.
  const held = tasks.filter(({ state }) => state.status === 'working' && state.pausedFor !== undefined)
  for (const task of [...ready, ...held].toSorted(moreUrgent)) {
    if (task.state.status === 'working') {
      world.resume(task)
      continue
    }
    const after = task.state.status === 'ready' ? (task.state.after ?? 0) : 0
    if (after > now) {
      lookAgainAt = Math.min(lookAgainAt, after)
      const last = task.attempts.at(-1)
      waiting[task.id] = `its last attempt failed a moment ago${last === undefined ? '' : `: ${last.why}`}`
      continue
    }
    const why = world.place(task)
    if (why !== undefined) waiting[task.id] = why
  }
  return { steps: world.steps, waiting, ...(lookAgainAt < Infinity && { lookAgainAt }) }
}

/** Attempts of a lane that can hold still together. */
interface Holdable {
  readonly lane: string
  readonly tasks: readonly string[]
  readonly mostUrgent: Task
}

/** Who works on what while steps are being planned. */
class World {
  readonly steps: FloorStep[] = []
  readonly #floor: FloorDocument
  readonly #lanes: readonly PlanLane[]
  /** Tasks that are under way and do not hold still, with their lanes. */
  readonly #busy = new Map<string, string>()
  /** How many of these each lane has: with hundreds of lanes and tasks they are asked for often. */
  readonly #counts = new Map<string, number>()
  /** Lanes that may need a person, and how many of them are at work. */
  readonly #needing: ReadonlySet<string>
  #attended = 0
  /** Lanes for each kind of task, or by name, in the order in which they are tried. */
  readonly #fitting = new Map<string, readonly PlanLane[]>()
  /** Of each of these lists the lanes that are not paused. */
  readonly #taking = new Map<readonly PlanLane[], readonly PlanLane[]>()

  constructor(floor: FloorDocument, lanes: readonly PlanLane[]) {
    this.#floor = floor
    this.#lanes = lanes
    this.#needing = new Set(lanes.filter(isAttended).map(({ name }) => name))
    for (const { id, state } of Object.values(floor.tasks)) {
      if (state.status === 'working' && state.pausedFor === undefined) this.#occupy(id, state.lane)
    }
  }

  /** Begins a task, or says why not. */
  place(task: Task): string | undefined {
    const open = task.dependsOn.filter((id) => this.#isOpen(id))
    if (open.length > 0) return `it depends on ${open.join(', ')}`
    const fitting = this.#fittingFor(task)
    if (fitting.length === 0) return task.lane ? `there is no lane ${task.lane}` : `no lane takes ${task.kind} work`
    const usable = this.#usable(fitting)
    if (usable.length === 0) return `${names(fitting)} ${fitting.length > 1 ? 'are' : 'is'} paused`
    const free = usable.filter((lane) => this.#inLane(lane.name) < lane.wip)
    const lane = free.find((candidate) => this.#hasAttention(candidate))
    if (lane) return this.#dispatch(task, lane)
    if (task.priority === 0) return this.#preempt(task, free.length > 0 ? free : usable)
    if (free.length === 0) return `${names(usable)} ${usable.length > 1 ? 'are' : 'is'} busy`
    return `${this.#attended} of ${this.#floor.attention} lanes that may need a person are at work`
  }

  /** What held still for a task that is over goes on, where there is room. */
  resume({ id, state }: Task): void {
    if (state.status !== 'working' || state.pausedFor === undefined) return
    const other = this.#floor.tasks[state.pausedFor]
    if (other?.state.status === 'working') return
    const lane = this.#lanes.find(({ name }) => name === state.lane)
    if (!lane || this.#inLane(lane.name) >= lane.wip || !this.#hasAttention(lane)) return
    this.#occupy(id, lane.name)
    this.steps.push({ step: 'resume', task: id })
  }

  /** Makes room for a task that can't wait: what is least urgent holds still. */
  #preempt(task: Task, lanes: readonly PlanLane[]): string | undefined {
    const free = lanes.find(({ name, wip }) => this.#inLane(name) < wip)
    const chosen = (free ? this.#lanesAttended() : this.#attemptsIn(lanes))
      .filter((each) => each.mostUrgent.priority > task.priority)
      .toSorted((a, b) => moreUrgent(b.mostUrgent, a.mostUrgent))[0]
    if (!chosen) return 'everything at work is as urgent'
    for (const id of chosen.tasks) {
      this.steps.push({ step: 'pause', task: id, for: task.id })
      this.#busy.delete(id)
      this.#count(chosen.lane, -1)
    }
    const lane = free ?? lanes.find(({ name }) => name === chosen.lane)
    return lane ? this.#dispatch(task, lane) : undefined
  }

  /** What could hold still for a place in one of these lanes: any attempt there. */
  #attemptsIn(lanes: readonly PlanLane[]): readonly Holdable[] {
    const among = new Set(lanes.map(({ name }) => name))
    return [...this.#busy].flatMap(([id, lane]) => {
      const mostUrgent = among.has(lane) ? this.#floor.tasks[id] : undefined
      return mostUrgent ? [{ lane, tasks: [id], mostUrgent }] : []
    })
  }

  /** What could hold still for the attention of a person: all attempts of a lane, for one of several gives none. */
  #lanesAttended(): readonly Holdable[] {
    return [...this.#needing].flatMap((lane) => {
      const tasks = [...this.#busy].filter(([, its]) => its === lane).map(([id]) => id)
      const [mostUrgent] = tasks.flatMap((id) => this.#floor.tasks[id] ?? []).toSorted(moreUrgent)
      return mostUrgent ? [{ lane, tasks, mostUrgent }] : []
    })
  }

  #dispatch(task: Task, lane: PlanLane): undefined {
    this.#occupy(task.id, lane.name)
    const part = nextTry(task, lane.bestOf)
    this.steps.push({ step: 'dispatch', task: task.id, lane: lane.name, attempt: nextAttempt(task), ...part })
  }

  #isOpen(id: string): boolean {
    const task = this.#floor.tasks[id]
    // One that left the document was over.
    return task !== undefined && task.state.status !== 'done'
  }

  #occupy(task: string, lane: string): void {
    this.#busy.set(task, lane)
    this.#count(lane, 1)
  }

  #count(lane: string, by: 1 | -1): void {
    const [before, after] = [this.#inLane(lane), this.#inLane(lane) + by]
    this.#counts.set(lane, after)
    if (this.#attends(lane)) this.#attended += Number(after > 0) - Number(before > 0)
  }

  #attends(lane: string): boolean {
    return this.#needing.has(lane)
  }

  /** Those that take something new. */
  #usable(lanes: readonly PlanLane[]): readonly PlanLane[] {
    const known = this.#taking.get(lanes)
    if (known) return known
    const usable = lanes.filter(({ name }) => this.#floor.pausedLanes[name] === undefined)
    this.#taking.set(lanes, usable)
    return usable
  }

  #fittingFor(task: Task): readonly PlanLane[] {
    const begun = laneOfTries(task)
    const named = this.#lanes.some(({ name }) => name === begun) ? begun : task.lane
    const key = named === undefined ? ` ${task.kind}` : named
    const known = this.#fitting.get(key)
    if (known) return known
    const fitting = this.#lanes
      .filter((lane) => (named === undefined ? fits(lane, task) : lane.name === named))
      .sort((a, b) => Number(b.kind === task.kind) - Number(a.kind === task.kind))
    this.#fitting.set(key, fitting)
    return fitting
  }

  #inLane(lane: string): number {
    return this.#counts.get(lane) ?? 0
  }

  #hasAttention(lane: PlanLane): boolean {
    return !isAttended(lane) || this.#inLane(lane.name) > 0 || this.#attended < this.#floor.attention
  }
}

/** Whether work in the lane needs a person sooner or later. */
function isAttended({ oversight }: PlanLane): boolean {
  return oversight !== 'unattended' && oversight !== 'merge'
}

function fits(lane: PlanLane, task: Task): boolean {
  return lane.kind === task.kind || alsoTakes[lane.kind].includes(task.kind)
}

/** Lanes that are named; whoever reads why a task waits does not read hundreds. */
const maxNamed = 6

function names(lanes: readonly PlanLane[]): string {
  const named = lanes.slice(0, maxNamed).map(({ name }) => name)
  const others = lanes.length - named.length
  return others > 0 ? `${named.join(', ')} and ${others} others` : named.join(', ')
}
