/** What each event must do to the view, said without the code that does it: see `model.ts`. */
import { expect } from 'vitest'
import { same } from './support.ts'
import { audienceKey, mayAnswer } from '../src/index.ts'
import type { EventOf, Message, Run, SessionEvent, SessionView } from '../src/index.ts'

interface Change {
  readonly before: SessionView
  readonly event: SessionEvent
  readonly after: SessionView
  /** The messages that went cold. */
  readonly gone: readonly Message[]
}

export function checkEvent({ before, event, after, gone }: Change): void {
  const asked = new Set(after.runs.filter((run) => run.status !== 'ended').map((run) => run.input))
  for (const message of gone) {
    same(message.status === 'open', false, `${message.id} went cold`)
    same(asked.has(message.id), false, `${message.id} is needed by a run`)
  }
  same(gone.length, coldIn(after) - coldIn(before))
  same(
    gone.every((message) => audienceKey(message.to) === audienceKey(gone[0]?.to)) || event.type === 'run.ended',
    true,
  )
  checkHeld(before, event)
  checkAnswer(before, event)
  if (event.type === 'run.claimed') checkClaim(before, event)
  if (event.type === 'run.ended')
    expect(after.runs).toContainEqual(expect.objectContaining({ id: event.run, status: 'ended' }))
  if (event.type === 'part.opened') checkSteps(before, event, after)
}

function coldIn({ older, olderFor = {} }: SessionView): number {
  return Object.values(olderFor).reduce((sum, count) => sum + count, older)
}

const output: ReadonlySet<SessionEvent['type']> = new Set([
  'message.opened',
  'part.opened',
  'part.delta',
  'part.changed',
  'request.opened',
])

/** C6, C8: nothing new of a run that is held. */
function checkHeld(before: SessionView, event: SessionEvent): void {
  const run = before.runs.find((candidate) => candidate.id === event.run)
  if (!run || !output.has(event.type)) return
  same(run.paused, undefined, `${event.type} of ${run.id}`)
  same(before.floor.holder, undefined, `${event.type} of ${run.id}`)
}

/** C7a: a request comes to one end, and by one of those who may answer. */
function checkAnswer(before: SessionView, event: SessionEvent): void {
  if (event.type !== 'request.answered' && event.type !== 'request.expired' && event.type !== 'request.withdrawn')
    return
  const request = before.requests.find((candidate) => candidate.id === event.data.id)
  expect(['open', 'claimed']).toContain(request?.status)
  expect(audienceKey(event.to)).toBe(audienceKey(request?.spec.to))
  if (event.type === 'request.answered') expect(mayAnswer(event.actor, request?.answerers)).toBe(true)
}

/** R3, C2: the next attempt of a run that waits, and whose turn it is. */
function checkClaim(before: SessionView, event: EventOf<'run.claimed'>): void {
  const run = before.runs.find((candidate) => candidate.id === event.run)
  expect(run).toMatchObject({ status: 'queued', attempt: event.data.attempt - 1 })
  if (!run) return
  expect(run.paused, 'paused').toBeUndefined()
  expect(before.floor.holder, 'floor').toBeUndefined()
  expect(run.undelivered?.dead, 'dead letter').toBeUndefined()
  if (run.policy === 'parallel' || run.parent !== undefined) return
  const place = before.runs.indexOf(run)
  const holdsUp = (other: Run, index: number): boolean =>
    other.agent === run.agent &&
    other.parent === undefined &&
    (other.status === 'active' ||
      other.status === 'suspended' ||
      (other.status === 'queued' && other.policy !== 'parallel' && index < place))
  expect(before.runs.filter(holdsUp), `${run.id} must wait`).toEqual([])
}

/** R4a: of the run's parts, exactly those go that an earlier attempt wrote under the step of the new one. */
function checkSteps(before: SessionView, event: EventOf<'part.opened'>, after: SessionView): void {
  const { message, part, attempt, step } = event.data
  for (const { id, run, parts } of before.messages) {
    const goes = (old: (typeof parts)[number]): boolean =>
      run === event.run && step !== undefined && old.step === step && (old.attempt ?? 0) < attempt
    const left = parts.filter((old) => !goes(old)).map((old) => old.id)
    const now = after.messages.find((candidate) => candidate.id === id)
    const due = id === message ? [...left, part] : left
    same(now?.parts.map((one) => one.id).join(), due.join())
  }
}
