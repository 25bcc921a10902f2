import { useHeadrace } from '@headrace/client/react'
import { HeadraceError } from '@headrace/core'
import { useId, useState, type ReactNode } from 'react'
import { newSessionId } from '../model/session-id.ts'
import { openSession } from '../route/use-route.ts'
import { text } from '../text.ts'
import { refreshList } from './refresh.ts'
import { DialogForm } from '../ui/dialog-form.tsx'
import { Dialog } from '../ui/dialog.tsx'
import '../ui/field.css'

/** Begins a session, and opens it. */
export function NewSessionDialog({ onClose }: { readonly onClose: () => void }): ReactNode {
  const client = useHeadrace()
  const [title, setTitle] = useState('')
  const [busy, setBusy] = useState(false)
  const [refused, setRefused] = useState<string>()
  const field = useId()
  const create = async (): Promise<void> => {
    setBusy(true)
    setRefused(undefined)
    const name = title.trim()
    const id = newSessionId(name, crypto.getRandomValues(new Uint8Array(8)))
    try {
      await client.session(id).create(name === '' ? {} : { metadata: { title: name } })
      refreshList()
      onClose()
      openSession(id)
    } catch (thrown) {
      setRefused(HeadraceError.from(thrown).message)
      setBusy(false)
    }
  }
  return (
    <Dialog title={text.create.title} onClose={onClose}>
      <DialogForm
        action={text.create.create}
        isReady={!busy}
        refused={refused}
        onSubmit={() => void create()}
        onClose={onClose}
      >
        <div className="field">
          <label className="field-label" htmlFor={field}>
            {text.create.label} <span className="field-optional">({text.create.optional})</span>
          </label>
          <input
            id={field}
            className="field-input"
            dir="auto"
            maxLength={200}
            placeholder={text.create.placeholder}
            autoComplete="off"
            value={title}
            onChange={(event) => setTitle(event.target.value)}
          />
        </div>
      </DialogForm>
    </Dialog>
  )
}
