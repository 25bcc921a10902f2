import type { Session } from '@headrace/client'
import { useHeadrace } from '@headrace/client/react'
import type { SessionView } from '@headrace/core'
import { useEffect, useMemo, useState, useSyncExternalStore } from 'react'
import { parseRoute } from '../route/route.ts'
import { Player, type PlayerState } from './player.ts'
import { Tape } from './tape.ts'

/**
 * A player for a session.
 *
 * @param now - the session as it is
 * @param at - where to begin; later it goes where the address is changed to
 */
export function usePlayer(session: Session, now: SessionView, at: number): readonly [Player, PlayerState] {
  const client = useHeadrace()
  const [start] = useState(at)
  const first = beginningOf(now)
  const player = useMemo(() => {
    const { id } = session
    const tape = new Tape(
      {
        session: id,
        view: (seq) => client.view(id, { at: seq }),
        events: async (after, limit) => (await client.events(id, { after, limit })).events,
      },
      first,
    )
    return new Player({ tape, head: () => session.getSnapshot().view.seq, seq: start, frame: onFrame })
  }, [client, session, first, start])
  // The page itself writes the place into the address, so only where somebody goes counts, and not what stands there.
  useEffect(() => {
    const placeIn = (hash: string): number | undefined => {
      const route = parseRoute(hash)
      return route.page === 'session' && route.id === session.id ? route.at : undefined
    }
    const follow = ({ newURL }: Pick<HashChangeEvent, 'newURL'>): void => {
      // By the time this is called the page may have written over what the address is.
      const seq = placeIn(new URL(newURL).hash)
      if (seq !== undefined) player.go(seq)
    }
    // Somebody may have gone elsewhere while the page came up.
    if (placeIn(location.hash) !== player.get().seq) follow({ newURL: location.href })
    addEventListener('hashchange', follow)
    return () => removeEventListener('hashchange', follow)
  }, [player, session])
  useEffect(() => () => player.pause(), [player])
  return [player, useSyncExternalStore(player.subscribe, player.get)]
}

/** Before this seq not all events are there any more, or never were. */
function beginningOf({ compactedTo = 0, forkedFrom }: SessionView): number {
  return Math.max(compactedTo, forkedFrom?.seq ?? 0)
}

function onFrame(next: (now: number) => void): () => void {
  const handle = requestAnimationFrame(next)
  return () => cancelAnimationFrame(handle)
}
