import { floorPlace } from '@headrace/factory/floor'
import { lazy, Suspense, useMemo, useState, type ReactNode } from 'react'
import { FloorPage } from '../floor/floor-page.tsx'
import { InboxContext } from '../inbox/inbox-context.ts'
import { InboxPage } from '../inbox/inbox-page.tsx'
import { useInboxHere } from '../inbox/use-inbox-here.ts'
import { ReplayPage } from '../replay/replay-page.tsx'
import { inboxHref } from '../route/route.ts'
import { openSession, useRoute } from '../route/use-route.ts'
import { useDocumentTitle } from '../session/use-document-title.ts'
import { SessionPage } from '../session/session-page.tsx'
import { NewSessionDialog } from '../sessions/new-session-dialog.tsx'
import { useSessionList } from '../sessions/use-session-list.ts'
import { text } from '../text.ts'
import { Button } from '../ui/button.tsx'
import { Empty } from '../ui/empty.tsx'
import { Icon } from '../ui/icon.tsx'
import { useMedia } from '../ui/use-media.ts'
import { ShortcutsDialog } from './shortcuts-dialog.tsx'
import { useShortcuts } from './shortcuts.ts'
import { Sidebar } from './sidebar.tsx'
import { SkipLink } from './skip-link.tsx'
import './shell.css'

/** Comes when somebody looks at it. */
const LedgerPage = lazy(async () => ({ default: (await import('../ledger/ledger-page.tsx')).LedgerPage }))

type Window = 'new' | 'shortcuts'

/** The frame: the list beside the session, or one after the other on a phone. */
export function Shell(): ReactNode {
  const route = useRoute()
  const narrow = useMedia('(width < 48rem)')
  const [open, setOpen] = useState<Window>()
  const current = route.page === 'session' ? route.id : undefined
  const listing = useSessionList()
  const inbox = useInboxHere()
  const ids = listing.page?.rows.map((row) => row.id)
  const idsKey = ids?.join('\n') ?? ''
  useShortcuts(
    useMemo(() => {
      const step = (by: number): void => {
        const all = idsKey.split('\n')
        const next = all[Math.max(0, Math.min(all.length - 1, all.indexOf(current ?? '') + by))]
        if (next !== undefined && next !== '') openSession(next)
      }
      return {
        '?': () => setOpen('shortcuts'),
        n: () => setOpen('new'),
        '/': () => document.querySelector<HTMLElement>('.composer-text')?.focus(),
        i: () => (location.hash = inboxHref),
        f: () => document.querySelector<HTMLElement>('.filter-words')?.focus(),
        j: () => step(1),
        k: () => step(-1),
      }
    }, [idsKey, current]),
  )
  const sidebar = (page: boolean): ReactNode => (
    <Sidebar
      listing={listing}
      current={current}
      inbox={route.page === 'inbox'}
      page={page}
      onNew={() => setOpen('new')}
      onShortcuts={() => setOpen('shortcuts')}
    />
  )
  const home = route.page === 'home'
  const place = useMemo(() => (current === undefined ? undefined : floorPlace(current)), [current])
  const floor =
    route.page === 'session' && !route.log && route.at === undefined && place?.part === 'floor'
      ? place.floor
      : undefined
  return (
    <InboxContext value={inbox}>
      <SkipLink />
      <div className="shell">
        {!narrow && sidebar(false)}
        {home && <HomeTitle />}
        {narrow && home && <main id="main">{sidebar(true)}</main>}
        {!narrow && home && <Home onNew={() => setOpen('new')} />}
        {route.page === 'inbox' && <InboxPage narrow={narrow} />}
        {route.page === 'session' && route.at !== undefined && (
          <ReplayPage key={route.id} id={route.id} at={route.at} narrow={narrow} place={place} />
        )}
        {route.page === 'session' && route.at === undefined && floor === undefined && (
          <SessionPage key={route.id} id={route.id} dev={route.dev} narrow={narrow} place={place} />
        )}
        {route.page === 'session' && floor !== undefined && !route.ledger && (
          <FloorPage key={route.id} id={route.id} name={floor} narrow={narrow} />
        )}
        {route.page === 'session' && floor !== undefined && route.ledger && (
          <Suspense>
            <LedgerPage key={route.id} id={route.id} name={floor} />
          </Suspense>
        )}
      </div>
      {open === 'new' && <NewSessionDialog onClose={() => setOpen(undefined)} />}
      {open === 'shortcuts' && <ShortcutsDialog onClose={() => setOpen(undefined)} />}
    </InboxContext>
  )
}

function HomeTitle(): ReactNode {
  useDocumentTitle(text.nav.sessions, false)
  return null
}

/** The place beside the list while no session is open. */
function Home({ onNew }: { readonly onNew: () => void }): ReactNode {
  return (
    <main id="main" className="shell-home" tabIndex={-1}>
      <Empty level={1} title={text.home.title} lead={text.home.lead}>
        <Button look="primary" icon={<Icon name="plus" />} onClick={onNew}>
          {text.nav.newSession}
        </Button>
      </Empty>
    </main>
  )
}
