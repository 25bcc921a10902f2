import { useState, type ReactNode } from 'react'
import { HeadraceError } from '@headrace/core'
import type { AnswerState } from '../model/answer-state.ts'
import type { Answer } from '../model/turns.ts'
import { text } from '../text.ts'
import { Button } from '../ui/button.tsx'
import { callName, useSessionPlace, type SessionPlace } from './session-context.ts'
import { useAbsent } from './use-absent.ts'
import './answer-end.css'

interface Props {
  readonly state: AnswerState
  readonly answer: Answer
  readonly empty: boolean
  readonly canAskAgain: boolean
}

/** Where an answer breaks off: why, and what to do about it. Nothing for one that is complete or still flows. */
export function AnswerEnd({ state, answer, empty, canAskAgain }: Props): ReactNode {
  const place = useSessionPlace()
  const [refused, setRefused] = useState<string>()
  const { agent, run } = answer
  const isAbsent = useAbsent(agent, state.kind === 'waiting' && state.attempt === 0)
  const why = isAbsent ? text.run.absent(agent) : explain(state, empty, place)
  if (why === undefined) return null
  const over = state.kind !== 'waiting'
  const again = (): void => {
    if (!run) return
    setRefused(undefined)
    place.session
      .regenerate(run.input, { agent })
      .catch((thrown: unknown) => setRefused(HeadraceError.from(thrown).message))
  }
  return (
    <div className="answer-end" data-tone={state.kind === 'failed' || state.kind === 'lost' ? 'bad' : undefined}>
      <p className="answer-why" dir="auto">
        {why}
      </p>
      {over && run && canAskAgain && place.may.send && place.asks && (
        <Button size="small" aria-label={text.run.againLong(agent)} onClick={again}>
          {text.run.again}
        </Button>
      )}
      {refused !== undefined && <p role="alert">{refused}</p>}
    </div>
  )
}

function explain(state: AnswerState, empty: boolean, place: SessionPlace): string | undefined {
  switch (state.kind) {
    case 'stopped': {
      if (state.by === undefined) return text.run.ended
      const name = callName(place, state.by)
      return empty ? text.run.stoppedEmpty(name) : text.run.endedBy(name)
    }
    case 'failed':
      return state.detail === undefined ? text.run.failedPlain : text.run.failedBecause(state.detail)
    case 'lost':
      return state.detail === undefined ? text.run.lostPlain : text.run.lostBecause(state.detail)
    case 'interrupted':
      return text.run.interruptedHere
    case 'waiting':
      return state.attempt > 0 ? text.run.silent : undefined
    case 'queued':
    case 'working':
    case 'stopping':
    case 'suspended':
    case 'complete':
      return undefined
    default:
      return state satisfies never
  }
}
