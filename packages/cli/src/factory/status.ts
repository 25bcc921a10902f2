import { floorOf, planFloor, type FloorDocument, type Task } from '@headrace/factory'
import { HeadraceError } from '@headrace/core'
import { viewOf } from '../connection/with-client.ts'
import { processOutput } from '../terminal/console.ts'
import { formatDuration } from '../terminal/duration.ts'
import { ownName } from '../terminal/own-name.ts'
import { plainLine } from '../terminal/plain.ts'
import { withFloor, type FloorTarget, type OpenedFloor } from './floor-target.ts'
import { needsOf } from './needs-of.ts'
import { taskLine } from './tasks.ts'

/** Prints a floor; with `watch` again whenever it changes, until it is ended. */
export async function status(
  options: FloorTarget & { readonly json?: boolean; readonly watch?: boolean },
): Promise<void> {
  await withFloor(options, async (opened) => {
    const { session } = opened
    for (let seen = -1; ;) {
      const { view } = await session.until((snapshot) => {
        if (snapshot.error) throw snapshot.error
        return snapshot.status === 'live' && snapshot.view.document.version !== seen
      })
      seen = view.document.version
      const floor = floorOf(view.document.value)
      if (options.json === true) processOutput.out(JSON.stringify(floor))
      else for (const line of floorLines(floor, Date.now(), await asksOf(opened, floor))) processOutput.out(line)
      if (options.watch !== true) return
      processOutput.out('')
    }
  })
}

/** Something that an agent or the gate waits for a person with. */
interface FloorQuestion {
  readonly session: string
  readonly title: string
}

/** What waits for an answer in the lanes at work and at the gate. */
async function asksOf({ client, sessions }: OpenedFloor, floor: FloorDocument): Promise<readonly FloorQuestion[]> {
  const atWork = Object.values(floor.tasks).flatMap(({ state }) => (state.status === 'working' ? [state.lane] : []))
  const ids = [...[...new Set(atWork)].map((lane) => sessions.lane(lane)), sessions.merge]
  const asks = await Promise.all(
    ids.map(async (id) => {
      const view = await viewOf(client.session(id)).catch((thrown: unknown) => {
        if (thrown instanceof HeadraceError && thrown.code === 'session_not_found') return undefined
        throw thrown
      })
      const open = view?.requests.filter(({ status }) => status === 'open') ?? []
      return open.map(({ spec }) => ({ session: id, title: spec.title }))
    }),
  )
  return asks.flat()
}

/** A floor as lines of text. */
export function floorLines(floor: FloorDocument, now: number, asks: readonly FloorQuestion[] = []): readonly string[] {
  const { waiting } = planFloor(floor, floor.lanes, now)
  const tasks = Object.values(floor.tasks)
  const of = (status: Task['state']['status']): readonly Task[] => tasks.filter(({ state }) => state.status === status)
  const width = Math.max(4, ...floor.lanes.map(({ name }) => name.length))
  const lanes = floor.lanes.map(({ name, oversight }) => {
    const paused = floor.pausedLanes[name]
    const work = of('working').filter(({ state }) => state.status === 'working' && state.lane === name)
    const doing = work.map((task) => workLine(task, now)).join('; ')
    return `  ${name.padEnd(width)}  ${oversight.padEnd(10)}  ${doing || (paused === undefined ? 'idle' : `paused: ${plainLine(paused)}`)}`
  })
  const count = `${of('done').length} done, ${of('working').length} under way, ${of('ready').length} ready, ${of('parked').length} parked`
  return [
    `The floor is ${floor.mode}${floor.modeWhy === undefined ? '' : ` (${plainLine(floor.modeWhy, 300)})`}: ${count}. At most ${floor.attention} lanes may need a person.`,
    ...(lanes.length > 0 ? ['', 'Lanes:', ...lanes] : []),
    ...confinedLines(floor.lanes),
    ...section(
      'Waiting:',
      of('ready').map((task) => ({ task, why: waiting[task.id] ?? 'begins now' })),
    ),
    ...(asks.length > 0 ? ['', 'Asks a person:', ...asks.map(askLine)] : []),
    ...section('Needs a person:', needsOf(floor)),
  ]
}

function askLine({ session, title }: FloorQuestion): string {
  return `  ${plainLine(title, 120)}: ${ownName()} answer ${session}`
}

function section(title: string, tasks: readonly { readonly task: Task; readonly why: string }[]): readonly string[] {
  if (tasks.length === 0) return []
  return ['', title, ...tasks.map(({ task, why }) => `  ${taskLine(task)}: ${plainLine(why, 120)}`)]
}

/** What shuts the agents of lanes in: a line for all lanes of which the same is true. */
export function confinedLines(lanes: FloorDocument['lanes']): readonly string[] {
  const by = new Map<string, string[]>()
  for (const { name, confined } of lanes)
    if (confined !== undefined) by.set(confined, [...(by.get(confined) ?? []), name])
  return [...by].map(([words, names]) => plainLine(`Agents ${words}: ${names.join(', ')}.`, 500))
}

function workLine(task: Task, now: number): string {
  const { state } = task
  if (state.status !== 'working') return ''
  const held = state.pausedFor === undefined ? '' : `, held still for ${state.pausedFor}`
  return `${task.id} ${plainLine(task.title, 60)} (attempt ${state.attempt}, ${formatDuration(Math.max(0, now - state.since))}${held})`
}
