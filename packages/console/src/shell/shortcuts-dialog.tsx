import type { ReactNode } from 'react'
import { text } from '../text.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { useSetting } from '../ui/use-setting.ts'
import { singleKeys } from './shortcuts.ts'
import './shortcuts-dialog.css'

/** What the keyboard can do. */
export function ShortcutsDialog({ onClose }: { readonly onClose: () => void }): ReactNode {
  const on = useSetting(singleKeys) === 'on'
  return (
    <Dialog title={text.shortcuts.title} onClose={onClose}>
      <dl className="shortcuts">
        {text.shortcuts.rows.map(([key, does]) => (
          <div key={key} className="shortcuts-row">
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <div className="dialog-actions shortcuts-foot">
        <label className="shortcuts-switch">
          <input type="checkbox" checked={on} onChange={() => singleKeys.set(on ? 'off' : 'on')} />
          {text.shortcuts.enable}
        </label>
        <Button onClick={onClose}>{text.shortcuts.close}</Button>
      </div>
    </Dialog>
  )
}
