import type { ReactNode } from 'react'
import { access } from '../access/access.ts'
import { useIdentity } from '../access/use-identity.ts'
import { InboxLink } from '../sessions/inbox-link.tsx'
import { SessionList } from '../sessions/session-list.tsx'
import type { SessionListing } from '../sessions/use-session-list.ts'
import { text } from '../text.ts'
import { Avatar } from '../ui/avatar.tsx'
import { Button } from '../ui/button.tsx'
import { Icon } from '../ui/icon.tsx'
import { Mark } from '../ui/mark.tsx'
import { ThemeButton } from './theme-button.tsx'
import './sidebar.css'

interface Props {
  readonly listing: SessionListing
  readonly current: string | undefined
  /** The inbox is open. */
  readonly inbox: boolean
  /** It fills the page, so its name is the page's heading. */
  readonly page?: boolean
  readonly onNew: () => void
  readonly onShortcuts: () => void
}

/** The way through the console: the name, the sessions, and who is signed in. */
export function Sidebar({ listing, current, inbox, page = false, onNew, onShortcuts }: Props): ReactNode {
  const Name = page ? 'h1' : 'p'
  return (
    <div className="sidebar">
      <header className="sidebar-head">
        <Name className="sidebar-brand">
          <a href="#/">
            <Mark />
            {text.product}
          </a>
        </Name>
        <Button size="small" icon={<Icon name="plus" />} aria-keyshortcuts="n" onClick={onNew}>
          {text.nav.newSession}
        </Button>
      </header>
      <InboxLink current={inbox} />
      <SessionList listing={listing} current={current} />
      <footer className="sidebar-foot">
        <Who />
        <ThemeButton />
        <Button
          look="quiet"
          size="small"
          icon={<Icon name="keyboard" />}
          aria-label={text.shortcuts.open}
          title={text.shortcuts.open}
          onClick={onShortcuts}
        />
        <Button
          look="quiet"
          size="small"
          icon={<Icon name="leave" />}
          aria-label={text.nav.signOut}
          title={text.nav.signOutHint}
          onClick={() => access.leave()}
        />
      </footer>
    </div>
  )
}

function Who(): ReactNode {
  const who = useIdentity()
  return (
    <p className="sidebar-who">
      {who && (
        <>
          <Avatar actor={who.actor} name={who.name} />
          <bdi className="sidebar-name">{who.name}</bdi>
        </>
      )}
    </p>
  )
}
