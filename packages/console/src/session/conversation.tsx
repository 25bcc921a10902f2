import type { SessionSnapshot } from '@headrace/client'
import { useEffect, useMemo, type ReactNode } from 'react'
import { useAway } from '../offline/use-away.ts'
import { useShortcuts } from '../shell/shortcuts.ts'
import { text } from '../text.ts'
import { Button } from '../ui/button.tsx'
import { Empty } from '../ui/empty.tsx'
import { Icon } from '../ui/icon.tsx'
import { OlderMessages } from './older-messages.tsx'
import { Pending } from './pending.tsx'
import { TurnList } from './turn-list.tsx'
import { BranchContext } from './branch-context.ts'
import { useBranches } from './use-branches.ts'
import { useRows } from './use-rows.ts'
import { useStick } from './use-stick.ts'
import { useTurns } from './use-turns.ts'
import './conversation.css'

interface Props {
  readonly snapshot: SessionSnapshot
  /** Brings older messages into the snapshot. */
  readonly onOlder: (limit?: number) => Promise<void>
}

/** All that was said, and what is being said. It is not announced token by token: {@link Announcer} says what is finished. */
export function Conversation({ snapshot, onOlder }: Props): ReactNode {
  const { view, messages, pending, status, hasOlder } = snapshot
  const branches = useBranches(messages, view.runs)
  const turns = useTurns(branches.messages, branches.runs)
  const { scroller, content, stuck, toLatest } = useStick()
  const rows = useRows(
    useMemo(() => turns.map(({ key }) => key), [turns]),
    scroller,
  )
  useShortcuts(useMemo(() => ({ End: toLatest }), [toLatest]))
  // Whoever says something wants to see it.
  const waiting = pending.length
  useEffect(() => {
    if (waiting > 0) toLatest()
  }, [waiting, toLatest])
  const away = useAway()
  const loaded = messages.length - view.messages.length
  const nothing = turns.length === 0 && pending.length === 0
  return (
    <div className="conversation">
      <div
        ref={scroller}
        className="conversation-scroll"
        role="log"
        aria-live="off"
        aria-label={text.session.conversation}
        // A place that scrolls must take the focus, so that the keyboard can scroll it.
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
      >
        <div ref={content} className="conversation-content" data-empty={nothing || undefined}>
          {(hasOlder || loaded > 0) && (
            <OlderMessages
              scroller={scroller}
              hasOlder={hasOlder}
              older={view.older - loaded}
              shown={messages.length}
              onLoad={onOlder}
            />
          )}
          <BranchContext value={branches.place}>
            <TurnList turns={turns} runs={view.runs} rows={rows} hasOlder={hasOlder} />
          </BranchContext>
          <Pending pending={pending} />
          {nothing && status === 'loading' && !away && <p className="conversation-loading">{text.session.loading}</p>}
          {nothing && status === 'loading' && away && (
            <Empty title={text.offline.unseen} lead={text.offline.unseenLead} />
          )}
          {nothing && status !== 'loading' && <Empty title={text.session.empty} lead={text.session.emptyLead} />}
        </div>
      </div>
      {!stuck && (
        <Button className="conversation-latest" size="small" icon={<Icon name="down" />} onClick={toLatest}>
          {text.session.latest}
        </Button>
      )}
    </div>
  )
}
