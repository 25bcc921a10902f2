import { useConnection } from '@headrace/client/react'
import { useState } from 'react'

/** Whether the server can't be reached. While the next attempt is made, it still can't: nothing on the page flickers. */
export function useAway(): boolean {
  const { state } = useConnection()
  const [was, setWas] = useState(false)
  const away = state === 'offline' || (was && state === 'connecting')
  if (away !== was) setWas(away)
  return away
}
