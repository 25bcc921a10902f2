import type { HeadraceError } from '@headrace/core'
import type { ReactNode } from 'react'
import { text } from '../text.ts'
import { Empty } from '../ui/empty.tsx'

interface Props {
  /** The floor's name. */
  readonly name: string
  readonly error: HeadraceError | undefined
}

/** A floor that can't be shown: there is none, or this reader may not see it. */
export function FloorMissing({ name, error }: Props): ReactNode {
  if (error?.code === 'session_not_found')
    return <Empty title={text.floor.missing} lead={text.floor.missingLead(name)} />
  return <Empty title={text.session.failed} lead={error?.message ?? ''} />
}
