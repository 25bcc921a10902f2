import type { ReactNode } from 'react'
import { momentOfDay } from '../model/time.ts'
import { text } from '../text.ts'
import { Note } from '../ui/note.tsx'

interface Props {
  /** When what is shown was seen, ms since 1970. */
  readonly asOf: number
  /** What becomes of what the reader does meanwhile. */
  readonly lead: string
}

/** Says that what is below is what this browser saw last. */
export function OfflineNote({ asOf, lead }: Props): ReactNode {
  return <Note icon="replay" title={text.offline.asOf(momentOfDay(asOf))} lead={lead} testId="kept" />
}
