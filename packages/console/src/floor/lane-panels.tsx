import type { SessionSnapshot } from '@headrace/client'
import { lazy, Suspense, useId, useState, type KeyboardEvent, type ReactNode } from 'react'
import { Conversation } from '../session/conversation.tsx'
import { text } from '../text.ts'
import { GateLog } from './gate-log.tsx'
import './lane-panels.css'

/** Comes when somebody looks at it: most do not. */
const ChangesPanel = lazy(async () => ({ default: (await import('./changes-panel.tsx')).ChangesPanel }))

const tabs = ['stream', 'changes', 'gate'] as const
type Tab = (typeof tabs)[number]

interface Props {
  readonly snapshot: SessionSnapshot
  readonly onOlder: () => Promise<void>
  readonly floor: string
  readonly lane: string
}

/** A lane from three sides: what its agent says and does, what it has changed, and what the gate said of that. */
export function LanePanels({ snapshot, onOlder, floor, lane }: Props): ReactNode {
  const [tab, setTab] = useState<Tab>('stream')
  const id = useId()
  const onKeyDown = (event: KeyboardEvent): void => {
    const way = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
    const next = tabs[tabs.indexOf(tab) + way]
    if (way === 0 || next === undefined) return
    setTab(next)
    document.getElementById(`${id}-${next}`)?.focus()
  }
  return (
    <div className="panels">
      <div className="panels-tabs" role="tablist" aria-label={text.lane.views}>
        {tabs.map((each) => (
          <button
            key={each}
            id={`${id}-${each}`}
            type="button"
            role="tab"
            className="panels-tab"
            aria-selected={tab === each}
            aria-controls={`${id}-panel`}
            tabIndex={tab === each ? 0 : -1}
            onClick={() => setTab(each)}
            onKeyDown={onKeyDown}
          >
            {text.lane.tabs[each]}
          </button>
        ))}
      </div>
      <div id={`${id}-panel`} className="panels-panel" role="tabpanel" aria-labelledby={`${id}-${tab}`}>
        {tab === 'stream' ? (
          <Conversation snapshot={snapshot} onOlder={onOlder} />
        ) : (
          // A place that scrolls must take the focus, so that the keyboard can scroll it.
          // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
          <div className="panels-scroll" tabIndex={0}>
            <div className="panels-content">
              {tab === 'gate' ? (
                <GateLog floor={floor} lane={lane} />
              ) : (
                <Suspense fallback={<p className="lane-note">{text.diff.loading}</p>}>
                  <ChangesPanel session={snapshot.view.id} messages={snapshot.messages} runs={snapshot.view.runs} />
                </Suspense>
              )}
            </div>
          </div>
        )}
      </div>
    </div>
  )
}
