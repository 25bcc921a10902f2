import type { Run } from '@headrace/core'
import { memo, type ReactNode } from 'react'
import { answerState, isOpen } from '../model/answer-state.ts'
import type { Answer } from '../model/turns.ts'
import { Parts } from '../parts/parts.tsx'
import { text } from '../text.ts'
import { Avatar } from '../ui/avatar.tsx'
import { Button } from '../ui/button.tsx'
import { Icon } from '../ui/icon.tsx'
import { AnswerEnd } from './answer-end.tsx'
import { AnswerFacts, stateWords } from './answer-meta.tsx'
import { useSessionPlace } from './session-context.ts'
import './answer-view.css'

interface Props {
  readonly answer: Answer
  readonly runs: readonly Run[]
  readonly canAskAgain?: boolean
}

/**
 * One agent's answer. The line at its side is the stream: it flows while the agent works, rests when it is done, and
 * breaks where the answer was broken off. The head keeps its height in every state, so nothing moves when one ends.
 */
export const AnswerView = memo(function AnswerView({ answer, runs, canAskAgain = false }: Props): ReactNode {
  const place = useSessionPlace()
  const { agent, run, messages } = answer
  const state = answerState(answer, runs)
  const empty = messages.every((message) => message.parts.length === 0)
  const stop = (): void => {
    // A refusal means that it is over already, or not ours to stop: the page shows either.
    if (run) place.session.cancel({ run: run.id }).catch(() => {})
  }
  return (
    <article
      className="answer"
      aria-label={text.message.answer(agent)}
      aria-busy={isOpen(state)}
      data-testid="answer"
      data-agent={agent}
      data-state={state.kind}
      data-run={run?.id}
    >
      <header className="answer-head">
        <Avatar actor={`agent:${agent}`} name={agent} agent />
        <div className="answer-who">
          <h2 className="answer-name">
            <bdi>{agent}</bdi>
          </h2>
          <span className="answer-state" data-testid="answer-state">
            {stateWords(state, place)}
          </span>
        </div>
        <AnswerFacts state={state} first={messages[0]} />
        {state.kind === 'complete' && canAskAgain && run && place.may.send && place.asks && (
          <Button
            className="answer-again"
            size="small"
            look="quiet"
            icon={<Icon name="again" />}
            aria-label={text.run.anew(agent)}
            title={text.run.anew(agent)}
            onClick={() => {
              // Refused: nothing new comes, and what is here stays.
              place.session.regenerate(run.input, { agent }).catch(() => {})
            }}
          />
        )}
        {isOpen(state) && run && place.may.control && (
          <Button
            size="small"
            look="plain"
            className="answer-stop"
            icon={<Icon name="stop" />}
            aria-label={text.run.stop(agent)}
            disabled={state.kind === 'stopping'}
            onClick={stop}
          >
            {text.run.stopShort}
          </Button>
        )}
      </header>
      <div className="answer-body">
        {messages.map((message) => (
          <div className="answer-message" key={message.id} data-status={message.status}>
            <Parts parts={message.parts} />
          </div>
        ))}
        {empty && state.kind === 'working' && <p className="answer-begun">{text.run.thinking(agent)}</p>}
        <AnswerEnd state={state} answer={answer} empty={empty} canAskAgain={canAskAgain} />
      </div>
    </article>
  )
})
