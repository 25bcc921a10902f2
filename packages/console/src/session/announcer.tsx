import { actorId, textOf, type SessionEvent } from '@headrace/core'
import { useEffect, useState, type ReactNode } from 'react'
import { snippet } from '../model/queue.ts'
import { text } from '../text.ts'
import { callName, useSessionPlace, type SessionPlace } from './session-context.ts'

const spokenChars = 600

/** Tells a screen reader what is finished: others' messages and ended answers, never single tokens. */
export function Announcer(): ReactNode {
  const place = useSessionPlace()
  const [words, setWords] = useState('')
  useEffect(
    () =>
      place.session.onEvent((event) => {
        const said = spoken(event, place)
        if (said !== undefined) setWords(said)
      }),
    [place],
  )
  return (
    <div className="visually-hidden" aria-live="polite" data-testid="announcer">
      {words}
    </div>
  )
}

function spoken(event: SessionEvent, place: SessionPlace): string | undefined {
  const { view, messages } = place.session.getSnapshot()
  if (event.type === 'message.added') {
    if (event.actor === place.me) return undefined
    const words = event.data.parts.map((part) => (part.kind === 'text' ? (part.text ?? '') : '')).join(' ')
    return text.announce.said(event.data.name ?? callName(place, event.actor), snippet(words, spokenChars))
  }
  if (event.type !== 'run.ended') return undefined
  const agent = view.runs.find((run) => run.id === event.run)?.agent ?? actorId(event.actor)
  switch (event.data.reason) {
    case 'complete': {
      const answer = messages.filter((message) => message.run === event.run).map(textOf)
      return text.announce.finished(agent, snippet(answer.join(' '), spokenChars))
    }
    case 'cancelled':
      return text.announce.stopped(agent)
    case 'failed':
      return text.announce.failed(agent)
    case 'lost':
      return text.announce.lost(agent)
    case 'budget':
      return text.announce.failed(agent)
    default:
      return event.data.reason satisfies never
  }
}
