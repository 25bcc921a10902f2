import { actorId, type SessionEvent, type SessionView } from '@headrace/core'
import { formatDuration } from '../terminal/duration.ts'
import type { Paint } from '../terminal/paint.ts'
import { plainLine } from '../terminal/plain.ts'

/** Lines about the session itself: runs, people, settings. */
export interface Notices {
  begin(view: SessionView): void
  /** The lines of what waits in a view. */
  standing(view: SessionView): readonly string[]
  /** The line of an event, if it has one. */
  of(event: SessionEvent): string | undefined
}

/** People and runs that are remembered by name. */
const maxNames = 1_000

export function createNotices(paint: Paint): Notices {
  const agents = new Map<string, string>()
  const claims = new Map<string, number>()
  const people = new Map<string, string>()

  function remember<T>(map: Map<string, T>, key: string, value: T): void {
    if (map.size >= maxNames)
      for (const oldest of map.keys()) {
        map.delete(oldest)
        break
      }
    map.set(key, value)
  }

  function agentOf(run: string | undefined): string {
    return plainLine(agents.get(run ?? '') ?? 'the agent', 64)
  }

  function text(event: SessionEvent): string | undefined {
    const who = plainLine(actorId(event.actor), 60)
    switch (event.type) {
      case 'session.created':
        return `session created by ${who}`
      case 'session.updated':
        return `${who} changed the session: ${plainLine(JSON.stringify(event.data.metadata), 80)}`
      case 'run.queued':
        remember(agents, event.data.id, event.data.agent)
        return waits(event.data)
      case 'run.claimed':
        if (event.run !== undefined) remember(claims, event.run, event.at)
        return event.data.attempt > 1
          ? `${agentOf(event.run)} starts again (${event.run}, attempt ${event.data.attempt})`
          : undefined
      case 'run.lapsed':
        return paint(
          'yellow',
          `${agentOf(event.run)} went silent (${event.run}, attempt ${event.data.attempt}); waiting for a worker to take over`,
        )
      case 'run.cancel-requested':
        return `${who} asked ${agentOf(event.run)} to stop (${event.run})`
      case 'run.ended':
        return ended(event)
      case 'presence.joined': {
        const name = plainLine(event.data.name ?? who, 60)
        remember(people, event.data.device, name)
        return `${name} joined${event.data.label === undefined ? '' : ` (${plainLine(event.data.label, 60)})`}`
      }
      case 'presence.left': {
        const name = people.get(event.data.device)
        people.delete(event.data.device)
        return name === undefined ? undefined : `${name} left`
      }
      default:
        return undefined
    }
  }

  function ended(event: Extract<SessionEvent, { readonly type: 'run.ended' }>): string {
    const agent = agentOf(event.run)
    const run = event.run ?? ''
    const since = claims.get(run)
    claims.delete(run)
    agents.delete(run)
    const detail = event.data.detail === undefined ? '' : `: ${plainLine(event.data.detail, 200)}`
    switch (event.data.reason) {
      case 'complete':
        return `${agent} finished${since === undefined ? '' : ` in ${formatDuration(event.at - since)}`} (${run})`
      case 'cancelled':
        return `${agent} was stopped (${run})${detail}`
      case 'failed':
        return paint('red', `${agent} failed (${run})${detail}`)
      case 'lost':
        return paint('red', `${agent} was lost and no attempt is left (${run})${detail}`)
      case 'budget':
        return paint('red', `${agent} was ended by a budget (${run})${detail}`)
      default:
        return event.data.reason satisfies never
    }
  }

  return {
    begin(view) {
      for (const run of view.runs) {
        remember(agents, run.id, run.agent)
        if (run.status === 'active') remember(claims, run.id, run.claimedAt)
      }
      for (const present of view.presence)
        remember(people, present.device, plainLine(present.name ?? actorId(present.actor), 60))
    },
    standing(view) {
      return view.runs.filter(({ status }) => status === 'queued').map((run) => paint('dim', `· ${waits(run)}`))
    },
    of(event) {
      const line = text(event)
      return line === undefined ? undefined : paint('dim', `· ${line}`)
    },
  }
}

function waits({ id, agent }: { readonly id: string; readonly agent: string }): string {
  return `${id} waits for ${plainLine(agent, 64)}`
}
