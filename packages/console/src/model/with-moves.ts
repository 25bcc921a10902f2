import { decideFloor, type FloorDocument, type FloorRequest } from '@headrace/factory/floor'

/** The floor with cards where they were put and the floor has not said so yet. What it would refuse changes nothing. */
export function withMoves(floor: FloorDocument, asked: readonly FloorRequest[]): FloorDocument {
  const lanes = floor.lanes.map(({ name }) => name)
  return asked.reduce((next, request) => {
    if (request.ask !== 'move-task' && request.ask !== 'depend-task' && request.ask !== 'prioritise') return next
    // Neither who nor when is part of what these do.
    const answer = decideFloor(next, { by: 'user:reader', request, now: 0, lanes })
    return answer.outcome === 'accepted' ? answer.floor : next
  }, floor)
}
