import { HeadraceError } from '@headrace/core'
import { useId, useState, type ReactNode } from 'react'
import { access } from '../access/access.ts'
import { invite, type May } from '../access/invite.ts'
import { text } from '../text.ts'
import { Button } from '../ui/button.tsx'
import { CopyButton } from '../ui/copy-button.tsx'
import { DialogForm } from '../ui/dialog-form.tsx'
import { Dialog } from '../ui/dialog.tsx'
import '../ui/field.css'
import { useSessionPlace } from './session-context.ts'

const mays: readonly May[] = ['part', 'watch']

/** Makes a link that lets somebody else into this session. */
export function InviteDialog({ onClose }: { readonly onClose: () => void }): ReactNode {
  const { session } = useSessionPlace()
  const [name, setName] = useState<string>(text.invite.nameDefault)
  const [may, setMay] = useState<May>('part')
  const [link, setLink] = useState<string>()
  const [refused, setRefused] = useState<string>()
  const field = useId()
  const make = (): void => {
    setRefused(undefined)
    invite({ token: access.get() ?? '', session: session.id, name, may }).then(setLink, (thrown: unknown) => {
      const error = HeadraceError.from(thrown)
      setRefused(text.invite.failed(error.code === 'forbidden' ? text.invite.forbidden : error.message))
    })
  }
  return (
    <Dialog title={text.invite.title} onClose={onClose}>
      <p className="dialog-lead">{text.invite.lead}</p>
      {link === undefined ? (
        <DialogForm action={text.invite.make} refused={refused} onSubmit={make} onClose={onClose}>
          <div className="field">
            <label className="field-label" htmlFor={field}>
              {text.invite.name}
            </label>
            <input
              id={field}
              className="field-input"
              required
              maxLength={64}
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
          </div>
          <fieldset className="field-choices">
            <legend>{text.invite.may}</legend>
            {mays.map((each) => (
              <label key={each} className="field-choice">
                <input type="radio" name="may" checked={may === each} onChange={() => setMay(each)} />
                {text.invite[each]}
              </label>
            ))}
          </fieldset>
        </DialogForm>
      ) : (
        <Made link={link} onClose={onClose} />
      )}
    </Dialog>
  )
}

function Made({ link, onClose }: { readonly link: string; readonly onClose: () => void }): ReactNode {
  const field = useId()
  // Where the page may not use the clipboard, the reader copies by hand: the whole link is selected for that.
  const select = (): void => {
    const input = document.getElementById(field)
    if (input instanceof HTMLInputElement) input.select()
  }
  return (
    <>
      <div className="field">
        <label className="field-label" htmlFor={field}>
          {text.invite.link}
        </label>
        <input id={field} className="field-input" dir="ltr" readOnly value={link} onFocus={select} />
      </div>
      <div className="dialog-actions">
        <Button look="quiet" onClick={onClose}>
          {text.invite.close}
        </Button>
        <CopyButton value={link} label={text.invite.copy} done={text.invite.copied} look="primary" onRefused={select} />
      </div>
    </>
  )
}
