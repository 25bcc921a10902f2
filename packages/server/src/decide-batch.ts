import type { Command, Decision, Message, Outcome, SessionEvent, SessionLimits, SessionState } from '@headrace/core'
import type { Rules } from './rules.ts'

/** What a batch of commands comes to. It waits for the disk, so it holds of each event no more than is needed afterwards. */
export interface DecidedBatch {
  /** Of each command, in their order. */
  readonly outcomes: readonly Outcome[]
  /** Its events as JSON. */
  readonly encoded: readonly string[]
  /** Those of them that are no output. */
  readonly changes: readonly SessionEvent[]
  readonly state: SessionState
  /** Messages that left the hot part. */
  readonly cooled: readonly Message[]
}

export interface DecideBatchOptions {
  readonly rules: Rules
  readonly limits: SessionLimits
  /** The messages that the commands name and that are not hot. */
  readonly cold: readonly Message[]
  /** Milliseconds since 1970. */
  readonly now: number
}

/** Decides commands in their order, each by the state that the one before leaves behind. Pure, as the rules are. */
export function decideBatch(
  before: SessionState,
  commands: readonly Command[],
  { rules, limits, cold, now }: DecideBatchOptions,
): DecidedBatch {
  const outcomes: Outcome[] = []
  const encoded: string[] = []
  const changes: SessionEvent[] = []
  const cooled: Message[] = []
  let state = before
  for (const command of commands) {
    // What goes cold in this batch is not in the store yet, and a later command of it may name it.
    const known = cooled.length === 0 ? cold : [...cold, ...cooled]
    const decision = rules.decide(state, command, isUpkeep(command) ? state.view.at : now, { limits, cold: known })
    outcomes.push(toOutcome(decision))
    if (decision.outcome !== 'accepted') continue
    cooled.push(...decision.cooled)
    for (const event of decision.events) {
      encoded.push(JSON.stringify(event))
      if (!isOutput(event)) changes.push(event)
    }
    state = decision.state
  }
  return { outcomes, encoded, changes, state, cooled }
}

/** What a server does by itself to keep house is no sign of life: it takes no session up in lists, and keeps none alive. */
function isUpkeep({ body }: Command): boolean {
  return body.type === 'compacted' || body.type === 'erased'
}

/** Output moves nothing that lists, timers of other sessions or workers look at. */
function isOutput(event: SessionEvent): boolean {
  return event.type.startsWith('part.') || event.type === 'run.renewed'
}

function toOutcome(decision: Decision): Outcome {
  switch (decision.outcome) {
    case 'accepted': {
      const seq = decision.state.view.seq
      const { cancel, paused, steers } = decision
      const told = { ...(cancel && { cancel }), ...(paused && { paused }), ...(steers !== undefined && { steers }) }
      return { outcome: 'accepted', seq, ...told }
    }
    case 'repeated':
      return { outcome: 'accepted', seq: decision.seq }
    case 'noop':
      return decision
    case 'refused':
      return { outcome: 'refused', error: decision.error.toWire() }
    default:
      return decision satisfies never
  }
}
