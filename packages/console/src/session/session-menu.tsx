import { useHeadrace } from '@headrace/client/react'
import { HeadraceError, type SessionView } from '@headrace/core'
import { useState, type ReactNode } from 'react'
import { hrefOf } from '../route/route.ts'
import { text } from '../text.ts'
import { Icon } from '../ui/icon.tsx'
import { Popover } from '../ui/popover.tsx'
import { InviteDialog } from './invite-dialog.tsx'
import { RunsDialog } from './runs-dialog.tsx'
import { useSessionPlace } from './session-context.ts'
import './session-menu.css'

type Window = 'runs' | 'invite'

/** What is done with a session now and then. */
export function SessionMenu({ view }: { readonly view: SessionView }): ReactNode {
  const client = useHeadrace()
  const { session, may, asks } = useSessionPlace()
  const [open, setOpen] = useState<Window>()
  const [exporting, setExporting] = useState<string>()
  const save = async (): Promise<void> => {
    const lines: string[] = []
    try {
      for await (const line of client.export(session.id)) {
        lines.push(`${line}\n`)
        if (lines.length % 1_000 === 1) setExporting(text.menu.exporting(lines.length))
      }
      download(new Blob(lines, { type: 'application/x-ndjson' }), `${session.id.replaceAll('/', '-')}.jsonl`)
      setExporting(undefined)
    } catch (thrown) {
      setExporting(HeadraceError.from(thrown).message)
    }
  }
  return (
    <>
      <Popover label={text.menu.label} trigger={<Icon name="more" />} className="menu">
        <ul className="menu-list">
          <li>
            <button type="button" className="menu-item" onClick={() => setOpen('runs')}>
              {text.runs.title}
            </button>
          </li>
          {asks && may.takeFloor && !view.floor.holder && (
            <li>
              <button
                type="button"
                className="menu-item"
                data-closes
                onClick={() => {
                  // Refused: somebody was first, and the page shows who drives.
                  session.takeFloor().catch(() => {})
                }}
              >
                {text.wheel.take}
              </button>
            </li>
          )}
          <li>
            <button type="button" className="menu-item" onClick={() => void save()}>
              {text.menu.export}
            </button>
          </li>
          <li>
            <a className="menu-item" href={hrefOf(session.id, { inspect: true })}>
              {text.menu.inspect}
            </a>
          </li>
          {may.control && (
            <li>
              <button
                type="button"
                className="menu-item"
                data-closes
                onClick={() => {
                  // Refused: the list shows that nothing has changed.
                  session.update({ archived: view.archived !== true }).catch(() => {})
                }}
              >
                {view.archived ? text.menu.restore : text.menu.archive}
              </button>
            </li>
          )}
          {may.admin && (
            <li>
              <button type="button" className="menu-item" onClick={() => setOpen('invite')}>
                {text.invite.title}
              </button>
            </li>
          )}
        </ul>
        <output className="menu-note">{exporting}</output>
      </Popover>
      {open === 'runs' && <RunsDialog view={view} onClose={() => setOpen(undefined)} />}
      {open === 'invite' && <InviteDialog onClose={() => setOpen(undefined)} />}
    </>
  )
}

function download(blob: Blob, name: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(blob)
  link.download = name
  link.click()
  URL.revokeObjectURL(link.href)
}
