import type { ReactNode } from 'react'
import { momentOfDay } from '../model/time.ts'
import { text } from '../text.ts'
import { Icon } from '../ui/icon.tsx'
import './kept-note.css'

/** Says that what is below is not what is, but what was. */
export function KeptNote({ at }: { readonly at: number }): ReactNode {
  return (
    <output className="kept" data-testid="kept" data-at={at}>
      <Icon name="replay" />
      <span>
        <b>{text.offline.asOf(momentOfDay(at))}</b> {text.offline.lead}
      </span>
    </output>
  )
}
