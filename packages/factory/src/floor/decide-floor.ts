/** The rules for what people ask of the floor (F1, F6, F8). Pure: the same floor, request and time give the same floor. */
import type { Actor } from '@headrace/core'
import { dependTask } from './depend-task.ts'
import { accepted, changed, noLane, refused, type FloorAnswer } from './floor-answer.ts'
import { isOver, noRoom, withTask, type FloorDocument } from './floor-document.ts'
import { moveTask } from './move-task.ts'
import { retroSource } from '../retro/proposal-text.ts'
import type { FloorRequest } from './floor-request.ts'
import { wantBack } from './shelf.ts'
import { decisionOn, isSameProposal, withDecision, type Decision, type Signature } from './signature.ts'
import { nextAttempt, type Task, type TaskState } from './task.ts'

type Ask<T extends FloorRequest['ask']> = Extract<FloorRequest, { readonly ask: T }>

export interface FloorAsk {
  readonly by: Actor
  readonly request: FloorRequest
  /** Milliseconds since 1970. */
  readonly now: number
  /** Lanes that there are. */
  readonly lanes: readonly string[]
}

/** What becomes of a request. */
export function decideFloor(floor: FloorDocument, ask: FloorAsk): FloorAnswer {
  const { request } = ask
  switch (request.ask) {
    case 'add-task':
      return addTask(floor, ask, request)
    case 'accept-task':
      return onTask(floor, request.task, (task) =>
        acceptTask(decided(floor, ask, { task, decision: 'accepted' }), ask, task),
      )
    case 'reject-task':
      return onTask(floor, request.task, (task) =>
        rejectTask(decided(floor, ask, { task, decision: 'rejected' }), ask, task, request.reason),
      )
    case 'proposal-landed':
      return onTask(floor, request.task, (task) =>
        proposalLanded(decided(floor, ask, { task, decision: 'accepted' }), ask, { task, commit: request.commit }),
      )
    case 'prioritise':
      return onTask(floor, request.task, (task) => prioritise(floor, task, request))
    case 'move-task':
      return onTask(floor, request.task, (task) => moveTask(floor, task, request, ask.lanes))
    case 'depend-task':
      return onTask(floor, request.task, (task) => dependTask(floor, task, request.on))
    case 'nuke':
      return nuke(floor, ask, request)
    case 'undo':
      return wantBack(floor, request.attempt, ask.by)
    case 'overrule':
      return onTask(floor, request.task, (task) => overrule(floor, ask, task, request.reason))
    case 'pause-lane':
      return onLane(ask, request.lane, () => pauseLane(floor, ask, request))
    case 'resume-lane':
      return onLane(ask, request.lane, () => resumeLane(floor, request.lane))
    case 'set-mode':
      return setMode(floor, request)
    case 'set-attention':
      return request.lanes === floor.attention
        ? { outcome: 'noop', said: `At most ${request.lanes} lanes may need a person already.` }
        : accepted({ ...floor, attention: request.lanes }, `At most ${request.lanes} lanes may need a person now.`)
    default:
      return request satisfies never
  }
}

function addTask(floor: FloorDocument, { by, now, lanes }: FloorAsk, request: Ask<'add-task'>): FloorAnswer {
  const { title, body = '', kind = 'feature', priority = 2, dependsOn = [], acceptance = [] } = request
  const { lane, proposed, signature } = request
  const id = `T${floor.nextTask}`
  const source = request.source ?? { kind: 'floor', ref: id }
  const known = Object.values(floor.tasks).find(
    (task) => task.source.kind === source.kind && task.source.ref === source.ref,
  )
  if (known) return { outcome: 'noop', said: `${source.kind} ${source.ref} is ${known.id} already.`, task: known.id }
  const before = signature && knownProposal(floor, signature)
  if (before) return before
  const missing = dependsOn.find((other) => floor.tasks[other] === undefined)
  if (missing !== undefined) return refused(`There is no task ${missing} to depend on. Add it first, or leave it out.`)
  if (lane !== undefined && !lanes.includes(lane)) return refused(noLane(lane, lanes))
  const task: Task = {
    id,
    title,
    body,
    kind,
    priority,
    source,
    dependsOn,
    acceptance,
    ...(lane !== undefined && { lane }),
    ...(signature && { signature }),
    by,
    at: now,
    state: proposed ? { status: 'proposed' } : { status: 'ready' },
    attempts: [],
  }
  const next = { ...withTask(floor, task), nextTask: floor.nextTask + 1 }
  const full = noRoom(next)
  if (full !== undefined) return refused(full)
  return { ...accepted(next, proposed ? `${id} is proposed.` : `${id} is ready.`), task: id }
}

/** A proposal that is there already, or that somebody rejected, is not made again. */
function knownProposal(floor: FloorDocument, signature: Signature): FloorAnswer | undefined {
  const there = Object.values(floor.tasks).find((task) => task.signature && isSameProposal(task.signature, signature))
  if (there) return { outcome: 'noop', said: `That is ${there.id} already.`, task: there.id }
  const decision = decisionOn(floor.decisions ?? [], signature)
  if (decision?.decision !== 'rejected') return undefined
  const why = decision.reason === undefined ? '' : `: ${decision.reason}`
  return { outcome: 'noop', said: `${decision.by} has rejected that${why}.` }
}

/** The floor with what a person decides about a proposal, where it is one. */
function decided(
  floor: FloorDocument,
  { by, now, request }: FloorAsk,
  { task, decision }: { readonly task: Task; readonly decision: Decision['decision'] },
): FloorDocument {
  const { signature, title, state } = task
  if (!signature || state.status !== 'proposed') return floor
  const reason = 'reason' in request ? request.reason : undefined
  const made: Decision = { signature, title, decision, by, at: now, ...(reason !== undefined && { reason }) }
  return { ...floor, decisions: withDecision(floor.decisions ?? [], made) }
}

function acceptTask(floor: FloorDocument, { now }: FloorAsk, task: Task): FloorAnswer {
  switch (task.state.status) {
    case 'proposed':
      if (task.source.kind === retroSource)
        return refused(
          `${task.id} is a change to the factory: take it with \`headrace factory proposals accept ${task.id}\`.`,
        )
      return moved(floor, task, { status: 'ready' }, `${task.id} is ready.`)
    case 'parked':
      // Its attempts stay on record; it gets as many tries again.
      return moved(floor, task, { status: 'ready', countFrom: nextAttempt(task) }, `${task.id} is tried again.`)
    case 'review':
      return moved(floor, task, { status: 'done', at: now }, `${task.id} is done.`)
    case 'ready':
    case 'working':
    case 'done':
      return { outcome: 'noop', said: `${task.id} is ${task.state.status} already.`, task: task.id }
    case 'rejected':
      return refused(`${task.id} was rejected: ${task.state.why}. Add it again if that has changed.`)
    default:
      return task.state satisfies never
  }
}

function proposalLanded(
  floor: FloorDocument,
  { now }: FloorAsk,
  { task, commit }: { readonly task: Task; readonly commit: string },
): FloorAnswer {
  if (task.state.status === 'done') return { outcome: 'noop', said: `${task.id} is done already.`, task: task.id }
  if (task.state.status !== 'proposed' || task.source.kind !== retroSource)
    return refused(`${task.id} is ${task.state.status}: it is no proposal that could have landed.`)
  return moved(floor, task, { status: 'done', at: now, commit }, `${task.id} is done: ${commit.slice(0, 12)}.`)
}

function rejectTask(floor: FloorDocument, { by, now }: FloorAsk, task: Task, why: string): FloorAnswer {
  switch (task.state.status) {
    case 'rejected':
      return { outcome: 'noop', said: `${task.id} is rejected already.`, task: task.id }
    case 'working':
      return refused(`${task.id} is being worked on in the lane ${task.state.lane}. Stop that attempt first.`)
    case 'done':
      return refused(`${task.id} is done. What is merged is taken back with \`headrace factory undo\`.`)
    case 'proposed':
    case 'ready':
    case 'review':
    case 'parked':
      return moved(floor, task, { status: 'rejected', why, by, at: now }, `${task.id} is rejected.`)
    default:
      return task.state satisfies never
  }
}

function prioritise(floor: FloorDocument, task: Task, { priority }: Ask<'prioritise'>): FloorAnswer {
  if (task.priority === priority) return { outcome: 'noop', said: `${task.id} is P${priority} already.`, task: task.id }
  if (isOver(task)) return refused(`${task.id} is ${task.state.status}, so its priority is of no use.`)
  return changed(floor, { ...task, priority }, `${task.id} is P${priority}.`)
}

function nuke(floor: FloorDocument, { by, lanes }: FloorAsk, { lane, reason }: Ask<'nuke'>): FloorAnswer {
  if (!lanes.includes(lane)) return refused(noLane(lane, lanes))
  const task = Object.values(floor.tasks).find(
    ({ state }) => state.status === 'working' && state.lane === lane && state.pausedFor === undefined,
  )
  if (task?.state.status !== 'working') return refused(`The lane ${lane} works on nothing.`)
  if (task.state.nuked) return { outcome: 'noop', said: `${task.id} is being put away already.`, task: task.id }
  const state = { ...task.state, nuked: { by, reason } }
  return moved(floor, task, state, `What ${lane} did for ${task.id} is put away, and ${task.id} begins anew.`)
}

/** Overrules of one task that the document keeps; all of them are in the log. */
const keptOverrules = 8
const maxReasonChars = 500

function overrule(floor: FloorDocument, { by, now }: FloorAsk, task: Task, reason: string): FloorAnswer {
  const { state, attempts, overrules = [] } = task
  const last = attempts.at(-1)
  const isWorking = state.status === 'working'
  const waffling = isWorking ? state.waffling : last?.failure === 'waffling' ? last.waffling : undefined
  const attempt = isWorking ? state.attempt : last?.attempt
  if (attempt !== undefined && overrules.some((other) => other.attempt === attempt)) {
    const isNew = waffling && !overrules.some((o) => o.attempt === attempt && o.verdict >= waffling.verdict)
    if (!isNew) return { outcome: 'noop', said: `What was said of ${task.id} is overruled already.`, task: task.id }
  }
  if (!waffling || attempt === undefined) return refused(`Nobody says that ${task.id} goes in circles.`)
  const kept = { ...waffling, attempt, by, reason: reason.slice(0, maxReasonChars), at: now }
  const next: Task = { ...task, overrules: [...overrules, kept].slice(-keptOverrules) }
  switch (state.status) {
    case 'working': {
      const { waffling: _, ...rest } = state
      return moved(floor, next, rest, `${task.id} does not go in circles; its agent begins at the foot of the ladder.`)
    }
    case 'parked':
      // It was no try of its own fault.
      return moved(
        floor,
        next,
        { status: 'ready', countFrom: nextAttempt(task) },
        `${task.id} did not go in circles; it is tried again.`,
      )
    case 'proposed':
    case 'ready':
    case 'review':
    case 'done':
    case 'rejected':
      return moved(floor, next, state, `${task.id} did not go in circles; the next attempt begins without that lesson.`)
    default:
      return state satisfies never
  }
}

function pauseLane(floor: FloorDocument, { by }: FloorAsk, { lane, reason }: Ask<'pause-lane'>): FloorAnswer {
  if (floor.pausedLanes[lane] !== undefined) return { outcome: 'noop', said: `The lane ${lane} is paused already.` }
  const pausedLanes = { ...floor.pausedLanes, [lane]: reason ?? `paused by ${by}` }
  return accepted({ ...floor, pausedLanes }, `The lane ${lane} takes nothing new.`)
}

function resumeLane(floor: FloorDocument, lane: string): FloorAnswer {
  if (floor.pausedLanes[lane] === undefined) return { outcome: 'noop', said: `The lane ${lane} is not paused.` }
  const { [lane]: _, ...pausedLanes } = floor.pausedLanes
  return accepted({ ...floor, pausedLanes }, `The lane ${lane} takes work again.`)
}

function setMode(floor: FloorDocument, { mode }: Ask<'set-mode'>): FloorAnswer {
  if (mode === floor.mode) return { outcome: 'noop', said: `The floor is ${mode} already.` }
  const { modeWhy: _, ...rest } = floor
  return accepted({ ...rest, mode }, `The floor is ${mode}.`)
}

function onTask(floor: FloorDocument, id: string, then: (task: Task) => FloorAnswer): FloorAnswer {
  const task = floor.tasks[id]
  return task
    ? then(task)
    : refused(`There is no task ${id} on this floor. \`headrace factory task list\` shows those there are.`)
}

function onLane({ lanes }: FloorAsk, lane: string, then: () => FloorAnswer): FloorAnswer {
  return lanes.includes(lane) ? then() : refused(noLane(lane, lanes))
}

function moved(floor: FloorDocument, task: Task, state: TaskState, said: string): FloorAnswer {
  return changed(floor, { ...task, state }, said)
}
