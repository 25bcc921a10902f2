import { actorId, textOf, type Actor, type SessionView } from '@headrace/core'
import { snippet } from '../model/queue.ts'
import { text } from '../text.ts'
import type { Shown } from './tape.ts'

/** Whether something begins, ends or is decided there: a place to jump to. Output that streams is none. */
export function isLandmark({ type }: Shown): boolean {
  switch (type) {
    case 'session.created':
    case 'session.forked':
    case 'message.added':
    case 'run.claimed':
    case 'run.lapsed':
    case 'run.cancel-requested':
    case 'run.suspended':
    case 'run.paused':
    case 'run.resumed':
    case 'run.steered':
    case 'run.undelivered':
    case 'run.ended':
    case 'request.opened':
    case 'request.answered':
    case 'request.expired':
    case 'floor.taken':
    case 'floor.returned':
    case 'document.patched':
    case 'content.redacted':
      return true
    default:
      return false
  }
}

/** What happened at an event, in one line; undefined where it is one of many that make up a text. */
export function tell(event: Shown | undefined, view: SessionView, call: (actor: Actor) => string): string {
  if (!event) return text.replay.beginning
  const words = text.replay.told
  const agent = 'run' in event ? (view.runs.find(({ id }) => id === event.run)?.agent ?? '') : ''
  switch (event.type) {
    case 'hidden':
      return words.hidden
    case 'message.added':
      return words.said(call(event.actor), snippet(wordsOf(view, event.data.id)))
    case 'message.opened':
    case 'part.opened':
    case 'part.delta':
    case 'part.changed':
    case 'part.closed':
    case 'message.closed':
    case 'step.restarted':
      return words.writes(agent || actorId(event.actor))
    case 'run.queued':
      return words.asked(call(event.actor), event.data.agent)
    case 'run.claimed':
      return words.begins(agent, event.data.attempt)
    case 'run.lapsed':
      return words.lost(agent)
    case 'run.ended':
      return words.ended(agent, event.data.reason)
    case 'run.cancel-requested':
      return words.stop(call(event.actor), agent)
    case 'run.paused':
      return words.paused(call(event.actor), agent)
    case 'run.resumed':
      return words.resumed(agent)
    case 'run.suspended':
      return words.suspended(agent)
    case 'run.steered':
      return words.steered(call(event.actor), agent)
    case 'request.opened':
      return words.asks(agent, event.data.spec.title)
    case 'request.answered':
      return words.answered(call(event.actor))
    case 'floor.taken':
      return words.took(call(event.actor))
    case 'floor.returned':
      return words.returned(call(event.actor))
    case 'presence.joined':
      return words.joined(call(event.actor))
    case 'presence.left':
      return words.left(call(event.actor))
    default:
      // Also what a newer server has: its own name says more than nothing.
      return event.type
  }
}

function wordsOf(view: SessionView, id: string): string {
  const message = view.messages.find((each) => each.id === id)
  return message ? textOf(message) : ''
}
