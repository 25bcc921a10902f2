import type { Client } from '@headrace/client'
import type { Json } from '@headrace/core'
import { emptyFloor, floorOf, type FloorDocument } from '../floor/floor-document.ts'
import type { EndedAttempt, Task, TaskStatus } from '../floor/task.ts'
import { notes } from '../foreman/notes.ts'
import type { FloorSessions } from '../foreman/sessions.ts'
import { demoBacklog } from './demo-backlog.ts'

export interface DemoOptions {
  readonly client: Client
  readonly sessions: FloorSessions
  readonly signal: AbortSignal
  /** Called whenever a task has changed. */
  readonly onTask?: (task: Task) => void
}

/** Puts the demo's backlog on the floor; what is there already is known by its source. */
export async function addDemoBacklog({ client, sessions }: Pick<DemoOptions, 'client' | 'sessions'>): Promise<void> {
  const floor = client.session(sessions.floor)
  for (const [index, { request }] of demoBacklog.entries()) {
    const source = { kind: 'demo', ref: String(index + 1) }
    const value = { ...request, source } as unknown as Json
    const parts = [
      { kind: 'text' as const, text: `Add a task: ${request.title}` },
      { kind: 'data' as const, name: notes.request, value },
    ]
    await floor.send({ agent: sessions.crew.desk, parts }, { id: `demo:${index + 1}` })
  }
}

/** Waits until the backlog is worked off. */
export async function followDemo({ client, sessions, signal, onTask }: DemoOptions): Promise<FloorDocument> {
  const floor = client.session(sessions.floor)
  let before: FloorDocument = emptyFloor
  const { view } = await floor.until(
    ({ view: { document } }) => {
      const now = floorOf(document.value)
      for (const task of Object.values(now.tasks)) if (before.tasks[task.id] !== task) onTask?.(task)
      before = now
      return isWorkedOff(now)
    },
    { signal },
  )
  return floorOf(view.document.value)
}

const settled: ReadonlySet<TaskStatus> = new Set(['done', 'parked', 'rejected', 'review'])

function isWorkedOff({ tasks }: FloorDocument): boolean {
  const all = Object.values(tasks)
  return all.length === demoBacklog.length && all.every((task) => isSettled(task) || waitsForNothing(tasks, task))
}

/** What it depends on will never be done by itself. */
function waitsForNothing(tasks: FloorDocument['tasks'], { state, dependsOn }: Task): boolean {
  const needs = dependsOn.map((id) => tasks[id]?.state.status)
  return state.status === 'ready' && needs.some((status) => status === 'parked' || status === 'rejected')
}

function isSettled({ state }: Task): boolean {
  return settled.has(state.status)
}

/** What does not end as it must, in words. */
export function demoFaults(floor: FloorDocument): readonly string[] {
  return demoBacklog.flatMap(({ request, ends, outcomes }, index): readonly string[] => {
    const task = floor.tasks[`T${index + 1}`]
    if (!task) return [`T${index + 1} (${request.title}) is not on the floor.`]
    const last: EndedAttempt | undefined = task.attempts.at(-1)
    if (task.state.status === ends && outcomes.some((outcome) => last?.outcome === outcome)) return []
    const why = last ? `${last.outcome}: ${last.why}` : 'without an attempt'
    return [
      `${task.id} (${task.title}) must be ${ends} by ${outcomes.join(' or ')}, and is ${task.state.status}, ${why}`,
    ]
  })
}
