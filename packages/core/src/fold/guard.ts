/** The fold of what `decide` needs and no reader sees: leases, batch numbers, answered commands, budgets, notices. */
import { isPerson } from '../ids.ts'
import { hot } from '../limits.ts'
import type { EventOf, EventType, SessionEvent } from '../events.ts'
import type { Guard, Hold } from '../state.ts'
import type { Message, SessionView } from '../view.ts'
import { foldNotices } from './notices.ts'
import { foldSpent } from './spent.ts'

/**
 * The guard after one more event.
 *
 * @param view - the view after the event
 */
export function foldGuard(before: Guard, event: SessionEvent, view: SessionView): Guard {
  const remembered = event.cmd === undefined ? before : remember(before, commandKey(event.actor, event.cmd), event.seq)
  const counted = foldSpent(remembered, event, view)
  const known = foldRaw(foldErasing(foldHolds(foldNotices(counted, event, view), event), event), event, view)
  return foldWatch(known, event, view)
}

function foldHolds(guard: Guard, event: SessionEvent): Guard {
  const { run } = event
  if (run === undefined) return event.type === 'session.forked' ? copied(guard) : guard
  switch (event.type) {
    case 'run.claimed': {
      const { attempt, leaseMs } = event.data
      return hold(guard, run, { attempt, leaseMs, until: event.at + leaseMs, n: 0, since: event.at })
    }
    case 'run.lapsed':
    case 'run.undelivered':
      return { ...guard, holds: omit(guard.holds, run) }
    case 'run.suspended':
      return { ...guard, holds: omit(guard.holds, run), ends: withEnd(guard, run, event) }
    case 'run.ended':
      return { ...guard, holds: omit(guard.holds, run), cold: omit(guard.cold, run), ends: withEnd(guard, run, event) }
    default: {
      const held = guard.holds[run]
      if (!held) return guard
      if (event.type === 'run.cancel-requested') {
        return hold(guard, run, { ...held, graceUntil: event.at + event.data.graceMs })
      }
      // What others do about the run does not renew its lease, agents neither: only batches and heartbeats do.
      if (event.n === undefined && event.type !== 'run.renewed') return guard
      return hold(guard, run, { ...held, until: event.at + held.leaseMs, n: event.n ?? held.n })
    }
  }
}

/** Only a writer's own batch can be sent again in good faith; whoever was ended from outside must be told so. */
function withEnd(guard: Guard, run: string, event: EventOf<'run.suspended' | 'run.ended'>): Guard['ends'] {
  if (event.n === undefined) return guard.ends
  return [...guard.ends, [run, event.data.attempt, event.n] as const].slice(-hot.endedRuns)
}

/** Nothing that was under way in the original is under way in a copy. */
function copied({ spent, warned }: Guard): Guard {
  return {
    commands: [],
    holds: {},
    ends: [],
    cold: {},
    spent: { ...spent, runs: {} },
    warned: Object.fromEntries(Object.entries(warned).filter(([key]) => !key.startsWith('run '))),
    notices: [],
    erasing: [],
  }
}

function foldErasing(guard: Guard, event: SessionEvent): Guard {
  if (event.type === 'content.redacted') {
    const { message, part } = event.data
    return { ...guard, erasing: [...guard.erasing, { seq: event.seq, message, ...(part !== undefined && { part }) }] }
  }
  if (event.type !== 'content.erased') return guard
  return { ...guard, erasing: guard.erasing.filter(({ seq }) => seq !== event.data.of) }
}

/** What is kept for a time is looked at again when a quarter of that time has passed, however much is written. */
const looksPerRetention = 4

function foldRaw(guard: Guard, event: SessionEvent, { retention }: SessionView): Guard {
  const { raw } = guard
  if (isRaw(event)) return { ...guard, raw: { since: raw?.since ?? event.at, seq: event.seq } }
  if (event.type !== 'log.compacted' || !raw) return guard
  if (raw.seq > event.data.floor) {
    const { rawMs = 0 } = retention ?? {}
    return { ...guard, raw: { ...raw, since: Math.max(raw.since, event.at - rawMs + rawMs / looksPerRetention) } }
  }
  const { raw: _, ...dropped } = guard
  return dropped
}

/** Output that compaction drops once its part is closed: what it says is in the state. */
export function isRaw(event: SessionEvent): boolean {
  return event.type === 'part.delta' || event.type === 'part.changed'
}

/**
 * Since when nobody has had the session open: from when the last one left, or from the first run that nobody saw. Somebody
 * who does something there looked at it at that moment, though by no device that is shown.
 */
function foldWatch(guard: Guard, event: SessionEvent, view: SessionView): Guard {
  const { unwatchedSince } = guard
  if (view.presence.length > 0) return unwatchedSince === undefined ? guard : watched(guard)
  const isNow = unwatchedSince === undefined ? begins.has(event.type) : acts.has(event.type) && isPerson(event.actor)
  return isNow ? { ...guard, unwatchedSince: event.at } : guard
}

function watched({ unwatchedSince: _, ...guard }: Guard): Guard {
  return guard
}

const begins: ReadonlySet<EventType> = new Set(['presence.left', 'run.queued', 'session.forked'])
const acts: ReadonlySet<EventType> = new Set([
  'message.added',
  'run.queued',
  'run.steered',
  'run.resumed',
  'request.answered',
  'cursor.moved',
])

/** Remembers the messages of open runs that have gone cold, so that their runs can't open them a second time. */
export function keepCold(guard: Guard, messages: readonly Message[], view: SessionView): Guard {
  let { cold } = guard
  for (const { id, run } of messages) {
    const isOpen = run !== undefined && view.runs.some((other) => other.id === run && other.status !== 'ended')
    if (isOpen) cold = { ...cold, [run]: [...(cold[run] ?? []), id] }
  }
  return cold === guard.cold ? guard : { ...guard, cold }
}

function hold(guard: Guard, run: string, held: Hold): Guard {
  return { ...guard, holds: { ...guard.holds, [run]: held } }
}

function omit<T>(record: Readonly<Record<string, T>>, key: string): Readonly<Record<string, T>> {
  const { [key]: _, ...rest } = record
  return rest
}

/** Where a command is remembered: scoped by who sent it, so that nobody can use up an id of somebody else. */
export function commandKey(actor: string, id: string): string {
  return `${actor} ${id}`
}

/** A command may cause several events: the answer names the last. */
function remember(guard: Guard, key: string, seq: number): Guard {
  const { commands } = guard
  const last = commands.at(-1)
  const kept =
    last?.[0] === key ? commands.slice(0, -1) : commands.slice(Math.max(0, commands.length + 1 - hot.commands))
  return { ...guard, commands: [...kept, [key, seq]] }
}
