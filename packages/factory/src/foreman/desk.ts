import { HeadraceError } from '@headrace/core'
import type { Client } from '@headrace/client'
import type { RunHandler } from '@headrace/client/agent'
import { decideFloor } from '../floor/decide-floor.ts'
import type { FloorAnswer } from '../floor/floor-answer.ts'
import { floorRequest, type FloorRequest } from '../floor/floor-request.ts'
import { changeFloor } from './change-floor.ts'
import { noteIn, notes } from './notes.ts'

/** The `factory.answer` part. */
export interface FloorReply {
  readonly outcome: FloorAnswer['outcome']
  /** The task that it is about. */
  readonly task?: string
}

export interface DeskOptions {
  /** Follows the floor's session, and may patch its document. */
  readonly client: Client
  /** Lanes that there are now. */
  readonly lanes: () => readonly string[]
  /** Milliseconds since 1970. */
  readonly now: () => number
}

/**
 * Answers what people ask of a floor, one request after the other: each is an input with a `factory.request` part, and the
 * answer says in words what was done, or why not, and in a `factory.answer` part which of the two. Whoever may speak in the
 * floor's session may ask.
 */
export function createDesk({ client, lanes, now }: DeskOptions): RunHandler {
  return async (run) => {
    const asked = noteIn([run.input], notes.request)
    if (asked === undefined) {
      throw new HeadraceError('bad_request', `Nothing to do: the message has no ${notes.request} part.`)
    }
    const request = named(floorRequest.parse(asked, notes.request), run.id)
    const session = client.session(run.session)
    // What was known before the request was asked must be known to its answer; a refusal changes nothing, so nothing else says
    // that it was decided on an old floor.
    await session.until(({ view }) => view.seq >= run.input.seq, { signal: run.signal })
    let answer: FloorAnswer | undefined
    await changeFloor(
      session,
      (floor) => {
        answer = decideFloor(floor, { by: run.input.author, request, now: now(), lanes: lanes() })
        return answer.outcome === 'accepted' ? answer.floor : floor
      },
      run.signal,
      // With the request everything is seen that whoever asks had seen.
      ({ runs }) => runs.some(({ id, status }) => id === run.id && status === 'active'),
    )
    if (!answer) throw new HeadraceError('internal', 'The floor gave no answer.')
    const { outcome, said, task } = answer
    const value: FloorReply = { outcome, ...(task !== undefined && { task }) }
    await run.write({ type: 'data', name: notes.answer, value: { ...value } })
    await run.text(said)
  }
}

/** A task that came from nowhere else is known by the run that asked for it: another try of that run adds no second one. */
function named(request: FloorRequest, run: string): FloorRequest {
  return request.ask === 'add-task' && !request.source ? { ...request, source: { kind: 'floor', ref: run } } : request
}
