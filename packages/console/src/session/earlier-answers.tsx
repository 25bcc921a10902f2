import type { Run } from '@headrace/core'
import type { ReactNode } from 'react'
import type { Answer } from '../model/turns.ts'
import { text } from '../text.ts'
import { AnswerView } from './answer-view.tsx'
import './earlier-answers.css'

interface Props {
  readonly answers: readonly Answer[]
  readonly runs: readonly Run[]
}

/** Answers that a newer one of the same agent stands before: kept, folded away. */
export function EarlierAnswers({ answers, runs }: Props): ReactNode {
  if (answers.length === 0) return null
  return (
    <details className="earlier">
      <summary>{text.message.earlier(answers.length)}</summary>
      <div className="earlier-list">
        {answers.map((answer) => (
          <AnswerView key={answer.key} answer={answer} runs={runs} />
        ))}
      </div>
    </details>
  )
}
