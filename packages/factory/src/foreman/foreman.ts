/**
 * The foreman: sees to it that what the floor's document says is what happens in the lanes.
 *
 *   document says working ──no run in the lane──▶ send the order (its id names task and attempt: never twice)
 *                         ──held still, nuked, stopped──▶ pause, resume, cancel the run
 *                         ──run is over──▶ settle the task in the document
 *   document says ready   ──plan──▶ document says working
 *
 * Nothing is kept here: whoever takes the run over looks at the same sessions and goes on. The document is changed only as
 * it was looked at, and orders carry their own id, so a foreman that was given up and does not know it can do no harm.
 */
import type { Budget, Json } from '@headrace/core'
import type { Client, Session } from '@headrace/client'
import type { AgentRun, RunHandler } from '@headrace/client/agent'
import type { Arm } from '../choice/arm.ts'
import { chooseArm, choiceInWords } from '../choice/choose-arm.ts'
import { experienceOf } from '../choice/experience-of.ts'
import { floorOf, withTask, type FloorDocument } from '../floor/floor-document.ts'
import { planFloor, type PlanLane } from '../floor/plan-floor.ts'
import { settleAttempt } from '../floor/settle-attempt.ts'
import { takeStep } from '../floor/take-step.ts'
import { withAttention } from '../floor/with-attention.ts'
import type { AttemptResult, Task, Waffling } from '../floor/task.ts'
import { offersOf, verdictOf } from '../merge/offer.ts'
import { noticesOf } from '../notify/notices-of.ts'
import type { Notice } from '../notify/notifier.ts'
import { nearbyLessons } from '../retro/nearby-lessons.ts'
import { changeFloor } from './change-floor.ts'
import { attemptRun, notes, orderFor, resultOf, wafflingOf, type AttemptOrder } from './notes.ts'
import type { FloorSessions } from './sessions.ts'

export interface ForemanClock {
  /** Milliseconds since 1970. */
  now(): number
  /** Calls back once; the result ends it. */
  at(time: number, then: () => void): () => void
}

/** A lane, as the foreman sees it. */
export interface FloorLane extends PlanLane {
  /** Globs of what may be changed in it. Default: everything. */
  readonly surfaces?: readonly string[]
  /** What an attempt in it may use. */
  readonly budget?: Budget
  /** The ways in which its attempts may be worked on; the first is its own. */
  readonly arms?: readonly Arm[]
}

export interface ForemanOptions {
  /** Follows the sessions, speaks as the foreman and may patch the floor's document. */
  readonly client: Client
  readonly sessions: FloorSessions
  /** Lanes that there are now. */
  readonly lanes: () => readonly FloorLane[]
  /** How many lanes may need a person at the same time, as the files say now. Absent: only people say it. */
  readonly attention?: () => number | undefined
  readonly clock: ForemanClock
  /** Calls back when lanes or attention may be others than before; the result ends it. Default: they are read when something happens. */
  readonly onChange?: (look: () => void) => () => void
  /** Given all that waits for a person, whenever something has changed. */
  readonly tell?: (waiting: readonly Notice[]) => void
}

/** Versions of skills of a lane that the floor names. */
const maxGiven = 12

/** Lines of one shift. */
const maxLines = 5_000

type Working = Task & { readonly state: Extract<Task['state'], { readonly status: 'working' }> }

/** How long after a refusal something is asked again, in ms. */
const againMs = 1_000

/** Handles the foreman's run: it goes on until the run is stopped, or another process takes it. */
export function createForeman(options: ForemanOptions): RunHandler {
  return async (run) => {
    const shift = new Shift(run, options)
    try {
      await shift.work()
    } finally {
      shift.end()
    }
  }
}

class Shift {
  readonly #run: AgentRun
  readonly #options: ForemanOptions
  readonly #floor: Session
  readonly #merge: Session
  readonly #lanes = new Map<string, Session>()
  readonly #stops: (() => void)[] = []
  /** Runs of the gate that were asked to stop. */
  readonly #asked = new Set<string>()
  #said = 0
  #wake: () => void = () => undefined
  #cancelTimer: () => void = () => undefined

  constructor(run: AgentRun, options: ForemanOptions) {
    this.#run = run
    this.#options = options
    this.#floor = options.client.session(options.sessions.floor)
    this.#merge = options.client.session(options.sessions.merge)
    this.#follow(this.#floor)
    this.#follow(this.#merge)
    const stop = options.onChange?.(() => this.#wake())
    if (stop) this.#stops.push(stop)
  }

  async work(): Promise<void> {
    const { signal } = this.#run
    signal.addEventListener('abort', () => this.#wake(), { once: true })
    // So that it can be followed before the first change is offered.
    await this.#merge.create({
      agent: this.#options.sessions.crew.gate,
      policy: 'queue',
      maxAttempts: 100,
      metadata: { title: 'Merge queue' },
    })
    // What it says is one message, and messages have a bound: then another shift begins.
    while (this.#said < maxLines) {
      signal.throwIfAborted()
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#wake = resolve
      await this.#look()
      await promise
    }
  }

  end(): void {
    this.#cancelTimer()
    for (const stop of this.#stops) stop()
  }

  async #look(): Promise<void> {
    await this.#settle()
    await this.#begin()
    const { view, status } = this.#floor.getSnapshot()
    if (status !== 'live') return
    const floor = floorOf(view.document.value)
    for (const task of Object.values(floor.tasks)) if (isWorking(task)) await this.#see(floor, task)
    this.#tell(floor)
  }

  #tell(floor: FloorDocument): void {
    const { tell, clock, sessions } = this.#options
    if (!tell) return
    const followed: readonly (readonly [string, Session])[] = [
      [sessions.merge, this.#merge],
      ...[...this.#lanes].map(([name, session]): [string, Session] => [sessions.lane(name), session]),
    ]
    const asking = followed.flatMap(([session, one]) => {
      const { view, status } = one.getSnapshot()
      return status === 'live' ? [{ session, view }] : []
    })
    tell(noticesOf({ floor, session: sessions.floor, asking, now: clock.now() }))
  }

  /** Takes what attempts came to into the document. */
  async #settle(): Promise<void> {
    const now = this.#options.clock.now()
    const settled: string[] = []
    await changeFloor(
      this.#floor,
      (floor) => {
        settled.length = 0
        return Object.values(floor.tasks)
          .filter(isWorking)
          .reduce((next, task) => {
            const result = this.#resultOf(task)
            if (!result) return withWaffling(next, task, this.#wafflingOf(task))
            settled.push(`${task.id} attempt ${task.state.attempt}: ${result.outcome}. ${result.why}`)
            return settleAttempt(next, { task: task.id, attempt: task.state.attempt, result, now })
          }, floor)
      },
      this.#run.signal,
    )
    for (const line of settled) await this.#say(line)
  }

  #wafflingOf({ id, state, overrules = [] }: Working): Waffling | undefined {
    const { view, status } = this.#lane(state.lane).getSnapshot()
    const run = status === 'live' ? attemptRun(view, id, state.attempt) : undefined
    // What the lane has not said yet stays as it is.
    if (!run) return state.waffling
    const waffling = wafflingOf(view.messages.filter((message) => message.run === run.id))
    const taken = overrules.findLast(({ attempt }) => attempt === state.attempt)
    return waffling && taken && taken.verdict >= waffling.verdict ? undefined : waffling
  }

  #resultOf({ id, state }: Working): ReturnType<typeof resultOf> {
    const { view, status } = this.#lane(state.lane).getSnapshot()
    const run = status === 'live' ? attemptRun(view, id, state.attempt) : undefined
    const result = run && resultOf(view, run)
    return result?.outcome === 'merged'
      ? result
      : result && this.#atTheGate(`${id.toLowerCase()}-${state.attempt}`, result)
  }

  /**
   * An attempt that was cut short may have work at the gate. What the gate took is merged, whatever became of the attempt; what
   * it still judges is stopped first, so that the next attempt can't be merged beside it.
   */
  #atTheGate(attempt: string, result: AttemptResult): AttemptResult | undefined {
    const { view, status } = this.#merge.getSnapshot()
    if (status !== 'live') return undefined
    for (const run of offersOf(view, attempt)) {
      if (run.status !== 'ended') {
        if (run.status !== 'active' || !run.cancel) this.#stopJudging(run.id)
        return undefined
      }
      const verdict = verdictOf(view, run)
      if (verdict?.verdict !== 'merged') continue
      return { outcome: 'merged', why: verdict.why, ...(verdict.commit !== undefined && { commit: verdict.commit }) }
    }
    return result
  }

  /** Asked once: an ask that is on its way wakes us as well, and would be followed by another one for ever. */
  #stopJudging(run: string): void {
    if (this.#asked.has(run)) return
    this.#asked.add(run)
    const { clock } = this.#options
    this.#merge.cancel({ run }).catch(() => {
      this.#asked.delete(run)
      this.#stops.push(clock.at(clock.now() + againMs, () => this.#wake()))
    })
  }

  /** Plans, and takes the plan's steps into the document; what they mean in the lanes follows from there. */
  async #begin(): Promise<void> {
    const { clock, lanes, attention } = this.#options
    const begun: string[] = []
    let lookAgainAt: number | undefined
    await changeFloor(
      this.#floor,
      (was) => {
        const floor = withAttention(withLanes(was, lanes()), attention?.())
        const plan = planFloor(floor, lanes(), clock.now())
        lookAgainAt = plan.lookAgainAt
        begun.splice(0, begun.length, ...plan.steps.map(inWords))
        return plan.steps.reduce((next, step) => takeStep(next, step, clock.now()), floor)
      },
      this.#run.signal,
    )
    for (const line of begun) await this.#say(line)
    this.#cancelTimer()
    if (lookAgainAt !== undefined) this.#cancelTimer = clock.at(lookAgainAt, () => this.#wake())
  }

  /** Makes the lane do what the document says of a task. */
  async #see(floor: FloorDocument, task: Working): Promise<void> {
    const { lane, attempt, pausedFor, nuked } = task.state
    const session = this.#lane(lane)
    const { view, status } = session.getSnapshot()
    if (status === 'loading' || status === 'stale') return
    const run = status === 'live' ? attemptRun(view, task.id, attempt) : undefined
    if (!run) return this.#dispatch(session, floor, task)
    if (run.status === 'ended') return
    const isStopped = nuked !== undefined || floor.mode === 'stopped'
    if (isStopped) {
      if (run.status !== 'active' || !run.cancel) await session.cancel({ run: run.id })
    } else if (pausedFor !== undefined) {
      if (!run.paused) await session.pause(run.id)
    } else if (run.paused?.by === `agent:${this.#options.sessions.crew.foreman}`) {
      await session.resume(run.id)
    }
  }

  async #dispatch(session: Session, floor: FloorDocument, task: Working): Promise<void> {
    const { attempt } = task.state
    const { crew } = this.#options.sessions
    const surfaces = this.#options.lanes().find(({ name }) => name === task.state.lane)?.surfaces ?? []
    const nearby = nearbyLessons(floor, task, surfaces)
    const asked = orderFor(task, attempt, nearby)
    const order: AttemptOrder = asked.lands ? asked : { ...asked, ...this.#chosen(floor, task) }
    if (order.choice) await this.#say(`${task.id} attempt ${attempt} goes to ${choiceInWords(order.choice)}.`)
    const budget = this.#options.lanes().find(({ name }) => name === task.state.lane)?.budget
    await session.create({
      agent: crew.runner,
      policy: 'parallel',
      maxAttempts: 10,
      metadata: { title: task.state.lane },
    })
    await session.send(
      {
        parts: [
          { kind: 'text', text: `${task.id}, attempt ${attempt}: ${task.title}` },
          { kind: 'data', name: notes.order, value: order as unknown as Json },
        ],
        agent: crew.runner,
        policy: 'parallel',
        ...(budget && { budget }),
      },
      { id: `attempt:${task.id}.${attempt}` },
    )
  }

  /** Which of the lane's agents works on it. Asked again, as after a crash, it is the first answer that counts. */
  #chosen(floor: FloorDocument, task: Working): Pick<AttemptOrder, 'arm' | 'choice'> {
    const { lane, attempt } = task.state
    const [own, ...others] = this.#options.lanes().find(({ name }) => name === lane)?.arms ?? []
    if (!own) return {}
    if (others.length === 0) return { arm: own }
    const seed = `${this.#floor.id} ${task.id}.${attempt}`
    const choice = chooseArm({ arms: [own, ...others], ...experienceOf(floor, task), seed })
    return { arm: choice.arm, choice }
  }

  #lane(name: string): Session {
    const known = this.#lanes.get(name)
    if (known) return known
    const session = this.#options.client.session(this.#options.sessions.lane(name))
    this.#lanes.set(name, session)
    this.#follow(session)
    return session
  }

  #follow(session: Session): void {
    this.#stops.push(session.subscribe(() => this.#wake()))
  }

  async #say(line: string): Promise<void> {
    this.#said += 1
    await this.#run.text(`${line}\n`)
  }
}

/** The same floor where it names these lanes already. */
function withLanes(floor: FloorDocument, lanes: readonly FloorLane[]): FloorDocument {
  const known = lanes.map(({ name, kind, oversight, wip, bestOf, given = [], confined }): PlanLane => ({
    name,
    kind,
    oversight,
    wip,
    ...(bestOf !== undefined && { bestOf }),
    ...(given.length > 0 && { given: given.slice(0, maxGiven) }),
    ...(confined !== undefined && { confined }),
  }))
  return JSON.stringify(known) === JSON.stringify(floor.lanes) ? floor : { ...floor, lanes: known }
}

/** The same floor where it says so already. */
function withWaffling(floor: FloorDocument, task: Working, waffling: Waffling | undefined): FloorDocument {
  const { waffling: before, ...rest } = task.state
  if (before?.verdict === waffling?.verdict) return floor
  return withTask(floor, { ...task, state: { ...rest, ...(waffling && { waffling }) } })
}

function isWorking(task: Task): task is Working {
  return task.state.status === 'working'
}

function inWords(step: ReturnType<typeof planFloor>['steps'][number]): string {
  switch (step.step) {
    case 'dispatch':
      if (step.lands !== undefined)
        return `${step.task} lands the work of attempt ${step.lands}, the best of its tries, as attempt ${step.attempt}.`
      return `${step.task} begins in ${step.lane}, attempt ${step.attempt}${step.try ? `, try ${step.try.number} of ${step.try.of}` : ''}.`
    case 'pause':
      return `${step.task} holds still for ${step.for}.`
    case 'resume':
      return `${step.task} goes on.`
    default:
      return step satisfies never
  }
}
