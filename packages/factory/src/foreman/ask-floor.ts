import type { Session } from '@headrace/client'
import { HeadraceError, textOf, type Json } from '@headrace/core'
import type { FloorRequest } from '../floor/floor-request.ts'
import type { FloorReply } from './desk.ts'
import { noteIn, notes } from './notes.ts'
import { crewOf } from './sessions.ts'

/** What a floor answered. */
export interface FloorAnswered extends FloorReply {
  /** In words for a person. */
  readonly said: string
}

export interface AskFloorOptions {
  /** Names the command, so that asked again from another process it is the same. */
  readonly id?: string
  /** Ends the wait, and not what was asked. */
  readonly signal?: AbortSignal
}

/**
 * Asks something of a floor and waits for its answer. What is asked while nobody has the floor open waits in its session.
 *
 * @param session - the floor's: `floorSessions(name).floor`
 * @throws HeadraceError `bad_request` for a session that is on no floor
 */
export async function askFloor(
  session: Session,
  request: FloorRequest,
  { id, signal }: AskFloorOptions = {},
): Promise<FloorAnswered> {
  const crew = crewOf(session.id)
  if (!crew)
    throw new HeadraceError('bad_request', `The session ${session.id} is on no floor, so nobody answers there.`)
  const queued = new Map<number, string>()
  const stop = session.onEvent((event) => event.type === 'run.queued' && queued.set(event.seq, event.data.id))
  const wait = signal ? { signal } : {}
  try {
    await session.until(({ status }) => status !== 'loading', wait)
    const parts = [{ kind: 'data' as const, name: notes.request, value: request as unknown as Json }]
    const { seq } = await session.send({ agent: crew.desk, parts }, id === undefined ? {} : { id })
    const { view } = await session.until(({ view: { runs } }) => {
      const run = runs.find((candidate) => candidate.id === queued.get(seq))
      return run?.status === 'ended'
    }, wait)
    const run = view.runs.find((candidate) => candidate.id === queued.get(seq))
    const own = view.messages.filter((message) => message.run === run?.id)
    const reply = noteIn(own, notes.answer) as unknown as FloorReply | undefined
    const said = own.map(textOf).join('').trim()
    const detail = run?.status === 'ended' ? run.detail : undefined
    return { ...(reply ?? { outcome: 'refused' }), said: said || (detail ?? 'The floor gave no answer.') }
  } finally {
    stop()
  }
}
