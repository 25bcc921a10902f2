import { isEventType } from '@headrace/core'
import { useEffect, useState, type ReactNode } from 'react'
import { OfflineNote } from '../offline/offline-note.tsx'
import { text } from '../text.ts'
import { Button } from '../ui/button.tsx'
import { Note } from '../ui/note.tsx'
import { useSessionPlace } from './session-context.ts'

/** Says where what is below is not all that there is: it is as it was, or the page is older than its server. */
export function SessionNotes({ asOf }: { readonly asOf: number | undefined }): ReactNode {
  const newer = useUnknown()
  if (asOf === undefined && newer === undefined) return null
  return (
    <div className="session-notes">
      {asOf !== undefined && <OfflineNote asOf={asOf} lead={text.offline.lead} />}
      {newer !== undefined && (
        <Note icon="again" title={text.newer.title} lead={text.newer.lead(newer)} testId="newer">
          <Button size="small" onClick={() => location.reload()}>
            {text.newer.reload}
          </Button>
        </Note>
      )}
    </div>
  )
}

/** The first kind of event that came and that this page does not know. */
function useUnknown(): string | undefined {
  const { session } = useSessionPlace()
  const [type, setType] = useState<string>()
  useEffect(
    () =>
      session.onEvent((event) => {
        if (!isEventType(event.type)) setType((known) => known ?? event.type)
      }),
    [session],
  )
  return type
}
