import { HeadraceError, type ErrorCode } from '../errors.ts'
import { audienceKey, sees, type Audience } from '../audience.ts'
import { foldStep } from '../fold.ts'
import { allows, type Verb } from '../grant.ts'
import type { Command } from '../commands.ts'
import type { EventData, EventType, SessionEvent } from '../events.ts'
import { actorKind, type Actor, type AgentName, type RunId } from '../ids.ts'
import type { JsonObject } from '../json.ts'
import type { SessionLimits } from '../limits.ts'
import type { SessionState } from '../state.ts'
import type { Message, Run, SessionView } from '../view.ts'

interface Origin {
  readonly actor?: Actor
  readonly run?: RunId
  readonly n?: number
  readonly to?: Audience | undefined
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

  /** The run that a command names; one that is over counts, as long as it is in the view. */
  run(id: RunId): Run {
    return this.view.runs.find((run) => run.id === id) ?? unknownRun(id)
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
      ...(origin.to !== undefined && { to: origin.to }),
      data,
    } as SessionEvent // `data` is the data of `type` by the signature, which TypeScript can't carry through the union
    within(event.seq, this.limits, 'logEvents', 'Go on in another session, or in a copy of this one.')
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

function unknownRun(id: RunId): never {
  return refuse('run_not_found', `This session has no open or recent run ${id}.`, { run: id })
}

/**
 * Who shall see something, as it is stored: the writer is among those who are named, and so are the agents that are asked.
 * What a participant writes they must see themselves; only agents write what is not for them.
 */
export function addressed(
  draft: Draft,
  to: Audience | undefined,
  author: Actor,
  asked: readonly AgentName[] = [],
): Audience | undefined {
  if (to === undefined) return undefined
  const actors = asked.map((agent): Actor => `agent:${agent}`)
  const all = typeof to === 'string' ? to : [...new Set([...to, author, ...actors])]
  const blind = actors.find((actor) => !sees({ actor }, all))
  if (blind !== undefined) {
    refuse('bad_request', `to is ${String(to)}, but ${blind} is asked and would not see it. Say agents, or name it.`, {
      path: 'to',
    })
  }
  if (actorKind(author) !== 'agent' && !sees({ actor: author }, all)) {
    refuse('bad_request', `to names ${String(to)}, which you are not one of. Name the participants in a list.`, {
      path: 'to',
    })
  }
  const { messages, olderFor = {}, requests } = draft.view
  const known = new Set([
    ...messages.map((message) => audienceKey(message.to)),
    ...Object.keys(olderFor),
    ...requests.map((request) => audienceKey(request.spec.to)),
  ])
  known.delete('')
  known.add(audienceKey(all))
  within(known.size, draft.limits, 'audiences', 'Use an audience that the session has already.')
  return all
}

/** How many runs wait. */
export function queuedRuns(view: SessionView): number {
  return view.runs.filter((run) => run.status === 'queued').length
}

/** Refuses what the token does not allow. `what` names the thing that needs the verb. */
export function permit({ command: { grant }, view }: Draft, verb: Verb, what: string): void {
  if (allows(grant, view.id, verb)) return
  refuse('forbidden', `The token does not allow ${verb} on the session ${view.id}, which ${what} needs.`, { verb })
}
