/** The fold of what `decide` needs and no reader sees: leases, batch numbers, answered commands. */
import { actorKind } from '../ids.ts'
import { hot } from '../limits.ts'
import type { SessionEvent } from '../events.ts'
import type { Guard, Hold } from '../state.ts'
import type { Message, SessionView } from '../view.ts'

/** The guard after one more event. */
export function foldGuard(before: Guard, event: SessionEvent): Guard {
  const guard = event.cmd === undefined ? before : remember(before, commandKey(event.actor, event.cmd), event.seq)
  const { run } = event
  if (run === undefined) return guard
  switch (event.type) {
    case 'run.claimed': {
      const { attempt, leaseMs } = event.data
      return hold(guard, run, { attempt, leaseMs, until: event.at + leaseMs, n: 0 })
    }
    case 'run.lapsed':
      return { ...guard, holds: omit(guard.holds, run) }
    case 'run.ended': {
      // Only a writer's own batch can be sent again in good faith; whoever was ended from outside must be told so.
      const end = event.n === undefined ? undefined : ([run, event.data.attempt, event.n] as const)
      const ends = end ? [...guard.ends, end].slice(-hot.endedRuns) : guard.ends
      return { ...guard, holds: omit(guard.holds, run), cold: omit(guard.cold, run), ends }
    }
    default: {
      const held = guard.holds[run]
      if (!held) return guard
      if (event.type === 'run.cancel-requested') {
        return hold(guard, run, { ...held, graceUntil: event.at + event.data.graceMs })
      }
      if (actorKind(event.actor) !== 'agent') return guard
      return hold(guard, run, { ...held, until: event.at + held.leaseMs, n: event.n ?? held.n })
    }
  }
}

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
