import type { Message, Run } from '@headrace/core'
import type { ReactNode } from 'react'
import { useSessionPlace } from '../session/session-context.ts'
import { Told } from '../session/told.tsx'
import { useWriting } from '../session/use-writing.ts'
import { WordsField, WordsRefused } from '../session/words-field.tsx'
import { text } from '../text.ts'
import { Button } from '../ui/button.tsx'
import { Icon } from '../ui/icon.tsx'
import '../session/composer.css'
import './steer-box.css'

interface Props {
  /** The one at work. */
  readonly run: Run
  readonly messages: readonly Message[]
}

const maxRows = 5

/** Says something to the agent at work, and shows whether it was told. */
export function SteerBox({ run, messages }: Props): ReactNode {
  const { session } = useSessionPlace()
  const writing = useWriting(`${session.id}:steer`, (words) => session.steer(run.id, words))
  return (
    <form className="composer" aria-label={text.lane.steer} onSubmit={writing.submit}>
      <Told steers={run.steers ?? []} messages={messages} />
      <WordsRefused writing={writing} />
      <div className="composer-box steer">
        <WordsField
          writing={writing}
          label={text.lane.steer}
          placeholder={text.lane.steerPlaceholder}
          hint="steer-hint"
          maxRows={maxRows}
        />
        <Button type="submit" size="small" look="primary" icon={<Icon name="send" />} disabled={writing.words === ''}>
          {text.lane.tell}
        </Button>
      </div>
      <p id="steer-hint" className="composer-hint">
        {text.lane.steerHint}
      </p>
    </form>
  )
}
