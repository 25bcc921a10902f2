import { useHeadrace } from '@headrace/client/react'
import type { FoundMessage } from '@headrace/core'
import { useEffect, useState } from 'react'

const settleMs = 200
const mostHits = 20
const none: readonly FoundMessage[] = []

interface Found {
  readonly words: string
  readonly hits: readonly FoundMessage[]
}

export interface Finds {
  readonly hits: readonly FoundMessage[]
  /** It is still being looked for. */
  readonly looking: boolean
}

/** Messages with these words, from all sessions, as soon as somebody stops writing. Empty for less than two letters. */
export function useFound(words: string): Finds {
  const client = useHeadrace()
  const [found, setFound] = useState<Found>({ words: '', hits: [] })
  const wanted = words.trim()
  useEffect(() => {
    if (wanted.length < 2) return
    let over = false
    const look = async (): Promise<void> => {
      try {
        const { hits } = await client.search(wanted, { limit: mostHits })
        if (!over) setFound({ words: wanted, hits })
      } catch {
        // What is called so is found all the same.
        if (!over) setFound({ words: wanted, hits: [] })
      }
    }
    const timer = setTimeout(() => void look(), settleMs)
    return () => {
      over = true
      clearTimeout(timer)
    }
  }, [client, wanted])
  const isFound = found.words === wanted
  return { hits: isFound ? found.hits : none, looking: wanted.length >= 2 && !isFound }
}
