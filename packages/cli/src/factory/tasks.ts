import {
  rewardOf,
  type EndedAttempt,
  type FloorRequest,
  type LaneKind,
  type Overrule,
  type Priority,
  type Task,
} from '@headrace/factory'
import { exitCode } from '../exit-code.ts'
import { Problem } from '../problem.ts'
import { processOutput } from '../terminal/console.ts'
import { formatDuration } from '../terminal/duration.ts'
import { plain } from '../terminal/plain.ts'
import { ask } from './ask.ts'
import { readFloor, withFloor, type FloorTarget } from './floor-target.ts'

export interface AddTaskOptions extends FloorTarget {
  readonly body?: string
  readonly kind: LaneKind
  readonly priority: Priority
  readonly lane?: string
  readonly dependsOn?: readonly string[]
  readonly accept?: readonly string[]
  readonly proposed?: boolean
}

export async function addTask(title: string, options: AddTaskOptions): Promise<void> {
  const { body, kind, priority, lane, dependsOn, accept, proposed } = options
  const request: FloorRequest = {
    ask: 'add-task',
    title,
    kind,
    priority,
    ...(body !== undefined && { body }),
    ...(lane !== undefined && { lane }),
    ...(dependsOn && { dependsOn }),
    ...(accept && { acceptance: accept }),
    ...(proposed === true && { proposed: true }),
  }
  await ask(request, options)
}

export interface MoveTaskOptions extends FloorTarget {
  readonly priority?: Priority
  readonly lane?: string
  readonly anyLane?: true
  readonly before?: string
  readonly after?: string
}

export async function moveTask(task: string, options: MoveTaskOptions): Promise<void> {
  const { priority, lane, anyLane, before, after } = options
  const request: FloorRequest = {
    ask: 'move-task',
    task,
    ...(priority !== undefined && { priority }),
    ...(lane !== undefined && { lane }),
    ...(anyLane && { anyLane }),
    ...(before !== undefined && { before }),
    ...(after !== undefined && { after }),
  }
  await ask(request, options)
}

export interface DependTaskOptions extends FloorTarget {
  readonly on?: readonly string[]
  readonly nothing?: true
}

export async function dependTask(task: string, options: DependTaskOptions): Promise<void> {
  const { on = [], nothing } = options
  if (on.length === 0 && nothing === undefined)
    throw new Problem(exitCode.usage, `Say what ${task} waits for: --on T3,T5, or --nothing.`)
  await ask({ ask: 'depend-task', task, on }, options)
}

export async function listTasks(options: FloorTarget & { readonly json?: boolean }): Promise<void> {
  await withFloor(options, async (floor) => {
    const tasks = Object.values((await readFloor(floor)).tasks)
    if (options.json === true) for (const task of tasks) processOutput.out(JSON.stringify(task))
    else if (tasks.length === 0)
      processOutput.err('There is no task on this floor. `headrace factory task add` adds one.')
    else for (const task of tasks) processOutput.out(taskLine(task))
  })
}

export async function showTask(id: string, options: FloorTarget & { readonly json?: boolean }): Promise<void> {
  await withFloor(options, async (floor) => {
    const task = (await readFloor(floor)).tasks[id]
    if (!task) throw new Problem(exitCode.refused, `There is no task ${id} on this floor.`)
    if (options.json === true) return processOutput.out(JSON.stringify(task, undefined, 2))
    processOutput.out(taskLine(task))
    for (const line of details(task)) processOutput.out(plain(line))
  })
}

/** A task in a line. */
export function taskLine(task: Task): string {
  const { id, priority, kind, title } = task
  return plain(`${id.padEnd(4)} P${priority} ${kind.padEnd(7)} ${stateInWords(task).padEnd(24)} ${title}`)
}

/** How far a task is, in words. */
function stateInWords({ state }: Task): string {
  switch (state.status) {
    case 'working':
      return [
        `in ${state.lane}, attempt ${state.attempt}`,
        ...(state.pausedFor === undefined ? [] : [`held for ${state.pausedFor}`]),
        ...(state.waffling ? [`in circles: ${state.waffling.rung}`] : []),
      ].join(', ')
    case 'done':
      return state.commit === undefined ? 'done' : `done, ${state.commit.slice(0, 9)}`
    case 'proposed':
    case 'ready':
    case 'review':
    case 'parked':
    case 'rejected':
      return state.status
    default:
      return state satisfies never
  }
}

function details(task: Task): readonly string[] {
  const { body, acceptance, dependsOn, state, attempts, overrules = [] } = task
  return [
    ...(body === '' ? [] : ['', body]),
    ...(acceptance.length > 0 ? ['', 'Done when:', ...acceptance.map((line) => `  - ${line}`)] : []),
    ...(dependsOn.length > 0 ? ['', `Depends on ${dependsOn.join(', ')}.`] : []),
    ...('why' in state ? ['', `${state.status}: ${state.why}`] : []),
    ...(state.status === 'working' && state.waffling
      ? ['', `In circles (${state.waffling.rung}): ${state.waffling.evidence}`]
      : []),
    ...(attempts.length > 0 ? ['', 'Attempts:', ...attempts.map(attemptLine)] : []),
    ...(overrules.length > 0 ? ['', 'Overruled:', ...overrules.map(overruleLine)] : []),
  ]
}

function overruleLine({ attempt, rung, evidence, by, reason }: Overrule): string {
  return `  attempt ${attempt}, ${rung} (${evidence}), by ${by}: ${reason}`
}

function attemptLine(ended: EndedAttempt): string {
  const { attempt, lane, outcome, why, startedAt, endedAt, confined, skills } = ended
  const shut = confined === undefined ? '' : `, ${confined}`
  const given = skills === undefined ? '' : `, with ${skills.join(', ')}`
  return `  ${attempt} in ${lane}, ${formatDuration(endedAt - startedAt)}${shut}${given}: ${outcome}. ${why}${worth(ended)}`
}

/** What it was worth and of what, as docs/judgement.md has it. */
function worth(ended: EndedAttempt): string {
  const reward = rewardOf(ended)
  if (!reward) return ''
  const parts = reward.parts.map(({ part, value }) => `${part} ${value}`)
  return ` Worth ${[reward.value, ...(parts.length > 0 ? [parts.join(', ')] : [])].join(': ')}.`
}
