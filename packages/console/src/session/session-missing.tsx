import { HeadraceError } from '@headrace/core'
import { useState, type ReactNode } from 'react'
import { text } from '../text.ts'
import { Button } from '../ui/button.tsx'
import { Empty } from '../ui/empty.tsx'
import { useSessionPlace } from './session-context.ts'

/** A session that can't be shown: there is none, or this reader may not see it. */
export function SessionMissing({ error }: { readonly error: HeadraceError | undefined }): ReactNode {
  const { session } = useSessionPlace()
  const [refused, setRefused] = useState<string>()
  if (error?.code !== 'session_not_found') return <Empty title={text.session.failed} lead={error?.message ?? ''} />
  const create = (): void => {
    session.create().catch((thrown: unknown) => setRefused(HeadraceError.from(thrown).message))
  }
  return (
    <Empty title={text.session.missing} lead={text.session.missingLead(session.id)}>
      <Button look="primary" onClick={create}>
        {text.session.create}
      </Button>
      {refused !== undefined && <p role="alert">{refused}</p>}
    </Empty>
  )
}
