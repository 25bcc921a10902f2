import type { ReactNode } from 'react'
import { text } from '../text.ts'
import { Coded } from '../ui/coded.tsx'
import { Button } from '../ui/button.tsx'
import { Icon } from '../ui/icon.tsx'
import type { Desk } from './use-desk.ts'
import './desk-answer.css'

interface Props {
  readonly desk: Desk
  /** Somebody is there to answer. */
  readonly attended: boolean
}

/** What the floor answered to what was asked last. */
export function DeskAnswer({ desk: { asked, dismiss }, attended }: Props): ReactNode {
  const words = asked?.kind === 'asking' ? (attended ? text.floor.asking : text.floor.askingNobody) : asked?.said
  return (
    // Always there: what comes into it is read out.
    <div className={asked ? 'desk' : 'visually-hidden'} data-kind={asked?.kind}>
      <output className="desk-said" data-testid="floor-answer" dir="auto">
        {asked?.kind === 'refused' && <span className="visually-hidden">{text.floor.refused} </span>}
        {words !== undefined && <Coded words={words} />}
      </output>
      {asked && (
        <Button
          look="quiet"
          size="small"
          icon={<Icon name="close" />}
          aria-label={text.floor.dismiss}
          onClick={dismiss}
        />
      )}
    </div>
  )
}
