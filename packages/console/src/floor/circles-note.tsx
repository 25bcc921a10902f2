import type { Waffling } from '@headrace/factory/floor'
import { useState, type ReactNode } from 'react'
import { text } from '../text.ts'
import { Button } from '../ui/button.tsx'
import { ReasonDialog } from '../ui/reason-dialog.tsx'
import { useFloorPlace } from './floor-context.ts'

interface Props {
  readonly task: string
  readonly waffling: Waffling
  /** Whether a person can still say so. Default true. */
  readonly isOpen?: boolean
}

/** That an agent goes in circles, the fact that speaks for it, and a way to say that it does not. */
export function CirclesNote({ task, waffling, isOpen = true }: Props): ReactNode {
  const { ask, may } = useFloorPlace()
  const [isAsking, setIsAsking] = useState(false)
  return (
    <div className="circles" data-testid="circles" data-rung={waffling.rung}>
      <p className="circles-fact" dir="auto">
        {text.floor.circles(text.floor.rungs[waffling.rung] ?? waffling.rung, waffling.evidence)}
      </p>
      {may.send && isOpen && (
        <Button size="small" look="quiet" onClick={() => setIsAsking(true)}>
          {text.floor.overrule}
        </Button>
      )}
      {isAsking && (
        <ReasonDialog
          title={text.floor.overruleTitle(task)}
          lead={text.floor.overruleLead}
          action={text.floor.overruleShort}
          onClose={() => setIsAsking(false)}
          onReason={(reason) => ask({ ask: 'overrule', task, reason })}
        />
      )}
    </div>
  )
}
