import { useCallback, useState, type Dispatch, type SetStateAction } from 'react'

/** What a person has begun to write in a session. Kept in the tab, so that a reload or a look elsewhere loses nothing. */
export function useDraft(session: string): readonly [string, Dispatch<SetStateAction<string>>] {
  const key = `headrace.draft:${session}`
  const [draft, setDraft] = useState(() => read(key))
  const set = useCallback<Dispatch<SetStateAction<string>>>(
    (change) =>
      setDraft((before) => {
        const next = typeof change === 'function' ? change(before) : change
        write(key, next)
        return next
      }),
    [key],
  )
  return [draft, set]
}

function read(key: string): string {
  try {
    return sessionStorage.getItem(key) ?? ''
  } catch {
    return ''
  }
}

function write(key: string, draft: string): void {
  try {
    if (draft === '') sessionStorage.removeItem(key)
    else sessionStorage.setItem(key, draft)
  } catch {
    // Storage is blocked or full: the draft lives until the page is left.
  }
}
