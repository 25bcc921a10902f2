import { useHeadrace } from '@headrace/client/react'
import type { FoundMessage } from '@headrace/core'
import { useEffect, useState } from 'react'

const settleMs = 200
const mostHits = 20

interface Found {
  readonly words: string
  readonly hits: readonly FoundMessage[]
}

/** Messages with these words, from all sessions, as soon as somebody stops writing. Empty for less than two letters. */
export function useFound(words: string): readonly FoundMessage[] {
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
      }
    }
    const timer = setTimeout(() => void look(), settleMs)
    return () => {
      over = true
      clearTimeout(timer)
    }
  }, [client, wanted])
  return found.words === wanted ? found.hits : []
}
