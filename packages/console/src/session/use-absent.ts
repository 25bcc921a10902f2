import { useConnection, useHeadrace } from '@headrace/client/react'
import { useEffect, useState } from 'react'
import { useSessionPlace } from './session-context.ts'

/** Most agents take what is sent to them long before. */
const firstMs = 4_000
const againMs = 15_000

/** Whether nobody works as an agent that is waited for. False where it can't be known. */
export function useAbsent(agent: string, waits: boolean): boolean {
  const client = useHeadrace()
  const { session, may, asks } = useSessionPlace()
  const online = useConnection().state === 'online'
  const looks = waits && asks && may.send && online
  const [isAbsent, setAbsent] = useState(false)
  useEffect(() => {
    if (!looks) return
    let timer = setTimeout(look, firstMs)
    let over = false
    function look(): void {
      client.agents(session.id).then(
        (there) => tell(!there.includes(agent)),
        () => tell(false), // a server from before it told
      )
    }
    function tell(found: boolean): void {
      if (over) return
      setAbsent(found)
      timer = setTimeout(look, againMs)
    }
    return () => {
      over = true
      clearTimeout(timer)
      setAbsent(false)
    }
  }, [client, session, agent, looks])
  return isAbsent
}
