import type { SessionRow } from '@headrace/core'
import { floorPlace } from '@headrace/factory/floor'
import { lazy, Suspense, useEffect, useMemo, useState, type ReactNode } from 'react'
import { FloorPage } from '../floor/floor-page.tsx'
import { access } from '../access/access.ts'
import { titleOf } from '../model/title.ts'
import { InboxContext } from '../inbox/inbox-context.ts'
import { FloorCount } from '../inbox/floor-count.tsx'
import { InboxPage } from '../inbox/inbox-page.tsx'
import { useFloorCounts } from '../inbox/use-floor-counts.ts'
import { useFloors } from '../inbox/use-floors.ts'
import { useInboxHere } from '../inbox/use-inbox-here.ts'
import { ReplayPage } from '../replay/replay-page.tsx'
import { hrefOf, inboxHref } from '../route/route.ts'
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
import { Palette, type PaletteAction } from './palette.tsx'
import { ShortcutsDialog } from './shortcuts-dialog.tsx'
import { nextTheme, theme } from './theme.ts'
import { useShortcuts } from './shortcuts.ts'
import { Sidebar } from './sidebar.tsx'
import { SkipLink } from './skip-link.tsx'
import './shell.css'

/** These come when somebody looks at them. */
const LedgerPage = lazy(async () => ({ default: (await import('../ledger/ledger-page.tsx')).LedgerPage }))

const InspectorPage = lazy(async () => ({ default: (await import('../inspector/inspector-page.tsx')).InspectorPage }))

type Window = 'new' | 'shortcuts' | 'palette'

/** The frame: the list beside the session, or one after the other on a phone. */
export function Shell(): ReactNode {
  const route = useRoute()
  const narrow = useMedia('(width < 48rem)')
  const [open, setOpen] = useState<Window>()
  const current = route.page === 'session' ? route.id : undefined
  const listing = useSessionList()
  const floors = useFloors(listing.page?.rows)
  const { tasks, onCount } = useFloorCounts()
  const inbox = useInboxHere(tasks)
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
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey) || event.altKey) return
      if (document.querySelector('dialog[open]')) return
      event.preventDefault()
      setOpen('palette')
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [])
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
    route.page === 'session' && !route.log && !route.inspect && route.at === undefined && place?.part === 'floor'
      ? place.floor
      : undefined
  return (
    <InboxContext value={inbox}>
      {floors.map((id) => (
        <FloorCount key={id} session={id} onCount={onCount} />
      ))}
      <SkipLink />
      <div className="shell">
        {!narrow && sidebar(false)}
        {home && <HomeTitle />}
        {narrow && home && <main id="main">{sidebar(true)}</main>}
        {!narrow && home && <Home onNew={() => setOpen('new')} />}
        {route.page === 'inbox' && <InboxPage narrow={narrow} floors={floors} />}
        {route.page === 'session' && route.inspect && (
          <Suspense>
            <InspectorPage key={route.id} id={route.id} />
          </Suspense>
        )}
        {route.page === 'session' && !route.inspect && route.at !== undefined && (
          <ReplayPage key={route.id} id={route.id} at={route.at} narrow={narrow} place={place} />
        )}
        {route.page === 'session' && !route.inspect && route.at === undefined && floor === undefined && (
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
      {open === 'palette' && (
        <Palette
          actions={actionsFor({ rows: listing.page?.rows ?? [], current, open: setOpen })}
          onClose={() => setOpen(undefined)}
        />
      )}
      {open === 'shortcuts' && <ShortcutsDialog onClose={() => setOpen(undefined)} />}
    </InboxContext>
  )
}

interface Reach {
  readonly rows: readonly SessionRow[]
  readonly current: string | undefined
  readonly open: (window: Window) => void
}

/** What the palette leads to: sessions, pages of the session that is open, and what the shell can do. */
function actionsFor({ rows, current, open }: Reach): readonly PaletteAction[] {
  const words = text.palette
  const go = (href: string) => (): void => void (location.hash = href)
  const here: readonly PaletteAction[] =
    current === undefined
      ? []
      : [
          { id: 'inspect', name: text.menu.inspect, kind: words.here, run: go(hrefOf(current, { inspect: true })) },
          { id: 'now', name: words.now, kind: words.here, run: go(hrefOf(current)) },
        ]
  return [
    { id: 'inbox', name: text.inbox.title, kind: words.page, run: go(inboxHref) },
    { id: 'new', name: text.nav.newSession, kind: words.does, run: () => open('new') },
    { id: 'theme', name: words.theme, kind: words.does, run: () => theme.set(nextTheme(theme.get())) },
    { id: 'keys', name: text.shortcuts.title, kind: words.does, run: () => open('shortcuts') },
    ...here,
    ...rows.map(({ id, metadata }) => ({
      id: `session-${id}`,
      name: titleOf(metadata, id),
      kind: id,
      run: () => openSession(id),
    })),
    { id: 'leave', name: text.nav.signOut, kind: words.does, run: () => access.leave() },
  ]
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
