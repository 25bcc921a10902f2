import type { Task } from '@headrace/factory/floor'
import type { ReactNode } from 'react'
import { text } from '../text.ts'
import { ReasonDialog } from '../ui/reason-dialog.tsx'
import { useFloorPlace } from './floor-context.ts'

/** Says why a task is not to be done. */
export function RejectDialog({ task, onClose }: { readonly task: Task; readonly onClose: () => void }): ReactNode {
  const { ask } = useFloorPlace()
  return (
    <ReasonDialog
      title={text.floor.rejectTitle(task.id)}
      lead={text.floor.rejectLead}
      action={text.floor.rejectShort}
      onClose={onClose}
      onReason={(reason) => ask({ ask: 'reject-task', task: task.id, reason })}
    />
  )
}
