import type { Run } from '@headrace/core'
import { memo, type ReactNode } from 'react'
import type { Turn } from '../model/turns.ts'
import { text } from '../text.ts'
import { AnswerView } from './answer-view.tsx'
import { EarlierAnswers } from './earlier-answers.tsx'
import { InputView } from './input-view.tsx'
import './turn-view.css'

interface Props {
  readonly turn: Turn
  /** The runs of the view: they stay the same while text streams. */
  readonly runs: readonly Run[]
  /** Its place among all, from 1. */
  readonly place: number
  /** How many there are; -1 while that is not known. */
  readonly of: number
}

/** A message and the answers to it: side by side where there is room, one below the other on a phone. */
export const TurnView = memo(function TurnView({ turn, runs, place, of }: Props): ReactNode {
  const { input, slots } = turn
  return (
    <section className="turn" data-testid="turn" data-answers={slots.length}>
      {input ? (
        <InputView message={input} place={place} of={of} />
      ) : (
        <p className="turn-missing">{text.message.inputMissing}</p>
      )}
      {slots.length > 0 && (
        <div className="turn-answers">
          {slots.map((slot) => (
            <div className="turn-slot" key={slot.agent}>
              <EarlierAnswers answers={slot.earlier} runs={runs} />
              <AnswerView answer={slot.current} runs={runs} canAskAgain />
            </div>
          ))}
        </div>
      )}
    </section>
  )
})
