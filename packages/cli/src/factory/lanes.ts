import type { Session } from '@headrace/client'
import { HeadraceError, type Run } from '@headrace/core'
import { exitCode } from '../exit-code.ts'
import { Problem } from '../problem.ts'
import { processOutput } from '../terminal/console.ts'
import { viewOf } from '../connection/with-client.ts'
import { readFloor, withFloor, type FloorTarget, type OpenedFloor } from './floor-target.ts'

/** An agent takes a steer when its turn is over; some turns are long. */
const patienceMs = 60_000

/** Says something to the agent of a lane, and waits for what becomes of it. */
export async function steerLane(lane: string, text: string, options: FloorTarget): Promise<void> {
  await withFloor(options, async (floor) => {
    const session = await laneOf(lane, floor)
    const run = await workOf(session, lane)
    await session.until(({ status }) => status === 'live')
    const known = new Set(steersOf(session, run.id).map(({ message }) => message))
    await session.steer(run.id, text)
    const signal = AbortSignal.timeout(patienceMs)
    const said = (): ReturnType<typeof steersOf>[number] | undefined =>
      steersOf(session, run.id).find(({ message, status }) => !known.has(message) && status !== 'pending')
    await session.until(() => said() !== undefined, { signal }).catch(() => undefined)
    processOutput.out(outcomeOf(lane, said()))
  })
}

function steersOf(session: Session, run: string): NonNullable<Run['steers']> {
  return session.getSnapshot().view.runs.find(({ id }) => id === run)?.steers ?? []
}

function outcomeOf(lane: string, steer: NonNullable<Run['steers']>[number] | undefined): string {
  if (steer?.status === 'consumed') return `The agent of ${lane} was told.`
  if (steer?.status === 'missed') return `The agent of ${lane} was not told: ${steer.why ?? 'its attempt was over'}.`
  return `The agent of ${lane} is told when its turn is over.`
}

/** Takes over a lane: its agent holds still, and the clone is the caller's until it is handed back. */
export async function takeLane(lane: string, options: FloorTarget & { readonly note?: string }): Promise<void> {
  await withFloor(options, async (floor) => {
    const session = await laneOf(lane, floor)
    await workOf(session, lane)
    await session.takeFloor(options.note === undefined ? {} : { note: options.note })
    processOutput.out(`You have ${lane}; its agent holds still.`)
    const clone = cloneOf(session)
    if (clone !== undefined) processOutput.out(`Its clone is ${clone}`)
    processOutput.out(`headrace factory hand-back ${lane} lets it go on.`)
  })
}

export async function handBackLane(lane: string, options: FloorTarget): Promise<void> {
  await withFloor(options, async (floor) => {
    const session = await laneOf(lane, floor)
    const { outcome } = await session.handBack()
    processOutput.out(outcome === 'noop' ? `Nobody has taken ${lane} over.` : `${lane} goes on.`)
  })
}

/** The session of a lane that is on the floor and has had work; one has none before. */
async function laneOf(lane: string, floor: OpenedFloor): Promise<Session> {
  const names = (await readFloor(floor)).lanes.map(({ name }) => name)
  if (!names.includes(lane)) {
    throw new Problem(exitCode.refused, `There is no lane ${lane}. Lanes: ${names.join(', ') || 'none'}.`)
  }
  const session = floor.client.session(floor.sessions.lane(lane))
  await viewOf(session).catch((thrown: unknown) => {
    if (!(thrown instanceof HeadraceError) || thrown.code !== 'session_not_found') throw thrown
    throw new Problem(exitCode.refused, `The lane ${lane} works on nothing.`, { cause: thrown })
  })
  return session
}

async function workOf(session: Session, lane: string): Promise<Run> {
  const view = await viewOf(session)
  const run = view.runs.findLast(({ status }) => status === 'active')
  if (!run) throw new Problem(exitCode.refused, `The lane ${lane} works on nothing.`)
  return run
}

/** Where the attempt of the lane works, as its runner has noted it. */
function cloneOf(session: Session): string | undefined {
  const { view } = session.getSnapshot()
  const run = view.runs.findLast(({ status }) => status === 'active')
  const parts = view.messages.filter((message) => message.run === run?.id).flatMap(({ parts: own }) => own)
  const note = parts.findLast((part) => part.kind === 'data' && part.name === 'factory.clone')
  return note?.kind === 'data' && typeof note.value === 'string' ? note.value : undefined
}
