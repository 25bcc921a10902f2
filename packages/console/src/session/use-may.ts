import type { SessionId } from '@headrace/core'
import { useConnection, useHeadrace } from '@headrace/client/react'
import { useEffect, useState } from 'react'
import { mayAll, mayIn, type May } from '../model/may.ts'

/** What the reader may do here. Everything, until the server has said what their token allows. */
export function useMay(session: SessionId): May {
  const client = useHeadrace()
  const online = useConnection().state === 'online'
  const [may, setMay] = useState(mayAll)
  useEffect(() => {
    if (!online) return
    let over = false
    client.me().then(
      (me) => {
        if (!over) setMay(mayIn(session, me.capabilities))
      },
      () => {}, // then the server says no where it must
    )
    return () => {
      over = true
    }
  }, [client, online, session])
  return may
}
