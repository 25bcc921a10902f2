import { HeadraceError, type ErrorCode } from '../errors.ts'
import { foldStep } from '../fold.ts'
import { allows, type Verb } from '../grant.ts'
import type { Command } from '../commands.ts'
import type { EventData, EventType, SessionEvent } from '../events.ts'
import type { Actor, RunId } from '../ids.ts'
import type { JsonObject } from '../json.ts'
import type { SessionLimits } from '../limits.ts'
import type { SessionState } from '../state.ts'
import type { Message, SessionView } from '../view.ts'

interface Origin {
  readonly actor?: Actor
  readonly run?: RunId
  readonly n?: number
}

/**
 * The events of one command while its rules run: each is folded at once, so that a later rule of the same command sees
 * what an earlier one decided. A draft never leaves `decide`; from outside nothing is mutated.
 */
export class Draft {
  readonly events: SessionEvent[] = []
  /** Messages that went cold meanwhile. */
  readonly cooled: Message[] = []
  readonly command: Command
  readonly limits: SessionLimits
  /** The command's time: never before the last event of the session, whatever the clock says. */
  readonly now: number
  state: SessionState

  constructor(state: SessionState, command: Command, now: number, limits: SessionLimits) {
    this.state = state
    this.command = command
    this.limits = limits
    this.now = Math.max(now, state.view.at)
  }

  get view(): SessionView {
    return this.state.view
  }

  emit<T extends EventType>(type: T, data: EventData[T], origin: Origin = {}): void {
    const { id, grant } = this.command
    const event = {
      seq: this.view.seq + 1,
      at: this.now,
      type,
      actor: origin.actor ?? grant.actor,
      ...(origin.run !== undefined && { run: origin.run }),
      // Answers are remembered by sender; what is written in an agent's name has its own way of being retried.
      ...(id !== undefined && origin.actor === undefined && { cmd: id }),
      ...(origin.n !== undefined && { n: origin.n }),
      data,
    } as SessionEvent // `data` is the data of `type` by the signature, which TypeScript can't carry through the union
    this.events.push(event)
    const { state, cooled } = foldStep(this.state, event)
    this.state = state
    this.cooled.push(...cooled)
  }

  /** Seq that the next event will have: ids of messages and runs are made from it. */
  get nextSeq(): number {
    return this.view.seq + 1
  }
}

/** Ends the decision with a refusal. Caught by `decide`, so it never leaves the core. */
export function refuse(code: ErrorCode, message: string, detail?: JsonObject): never {
  throw new HeadraceError(code, message, detail === undefined ? {} : { detail })
}

/** Refuses what is over a limit, naming the limit, its value and what was asked. */
export function within(actual: number, limits: SessionLimits, name: keyof SessionLimits, advice: string): void {
  const limit = limits[name]
  if (actual > limit) {
    refuse('limit_exceeded', `${name} is limited to ${limit}, but this makes ${actual}. ${advice}`, {
      limit: name,
      allowed: limit,
      actual,
    })
  }
}

/** Refuses what the token does not allow. `what` names the thing that needs the verb. */
export function permit({ command: { grant }, view }: Draft, verb: Verb, what: string): void {
  if (allows(grant, view.id, verb)) return
  refuse('forbidden', `The token does not allow ${verb} on the session ${view.id}, which ${what} needs.`, { verb })
}
