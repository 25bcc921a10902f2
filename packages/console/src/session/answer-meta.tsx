import type { Message } from '@headrace/core'
import type { ReactNode } from 'react'
import type { AnswerState } from '../model/answer-state.ts'
import { duration } from '../model/time.ts'
import { text } from '../text.ts'
import { MomentTime } from './moment-time.tsx'
import { callName, type SessionPlace } from './session-context.ts'
import './answer-meta.css'

interface Props {
  readonly state: AnswerState
  /** Its first message. */
  readonly first: Message | undefined
}

/** When an answer came, how long it took and what it used. */
export function AnswerFacts({ state, first }: Props): ReactNode {
  return (
    <span className="answer-facts">
      {state.kind === 'complete' && <Facts state={state} />}
      {first && (state.kind === 'complete' || state.kind === 'stopped') && <MomentTime at={first.at} seq={first.seq} />}
    </span>
  )
}

function Facts({ state }: { readonly state: Extract<AnswerState, { readonly kind: 'complete' }> }): ReactNode {
  const tokens = (state.usage?.inputTokens ?? 0) + (state.usage?.outputTokens ?? 0)
  return (
    <>
      {tokens > 0 && <span className="answer-tokens">{text.run.usage(tokens)}</span>}
      {state.tookMs !== undefined && <span>{duration(state.tookMs)}</span>}
    </>
  )
}

/** How an answer stands, in words beside its name; none when it is complete. */
export function stateWords(state: AnswerState, place: SessionPlace): string {
  switch (state.kind) {
    case 'waiting':
      return state.attempt > 0 ? text.run.waitingAgain(state.attempt + 1, state.maxAttempts) : text.run.waiting
    case 'queued':
      return text.run.queued(state.ahead)
    case 'working':
      return state.attempt > 1 ? text.run.workingAgain(state.attempt, state.maxAttempts) : text.run.working
    case 'stopping':
      return text.run.stoppingBy(callName(place, state.by))
    case 'suspended':
      return text.run.suspended
    case 'complete':
      return ''
    case 'stopped':
      return text.run.stopped
    case 'failed':
      return text.run.failed
    case 'lost':
      return text.run.lost
    case 'interrupted':
      return text.run.interrupted
    default:
      return state satisfies never
  }
}
