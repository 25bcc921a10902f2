import { HeadraceError } from '@headrace/core'
import { useState, type Dispatch, type FormEvent, type KeyboardEvent, type SetStateAction } from 'react'
import { useDraft } from './use-draft.ts'

export interface Writing {
  readonly draft: string
  readonly setDraft: Dispatch<SetStateAction<string>>
  /** What would be sent: empty while there is nothing. */
  readonly words: string
  /** Why the last words were not taken. They stand in the draft again, unless somebody writes something else. */
  readonly refused: string | undefined
  readonly setRefused: (why: string | undefined) => void
  readonly submit: (event?: FormEvent) => void
  /** Enter sends, with Shift it begins a line. */
  readonly onKeyDown: (event: KeyboardEvent) => void
}

/**
 * A place where words are written and sent.
 *
 * @param place - what is written there is kept in the tab under this name
 * @param send - resolves when the words are taken
 */
export function useWriting(place: string, send: (words: string) => Promise<unknown>): Writing {
  const [draft, setDraft] = useDraft(place)
  const [refused, setRefused] = useState<string>()
  const words = draft.trim()
  const submit = (event?: FormEvent): void => {
    event?.preventDefault()
    if (words === '') return
    setDraft('')
    setRefused(undefined)
    send(words).catch((thrown: unknown) => {
      setRefused(HeadraceError.from(thrown).message)
      setDraft((now) => (now === '' ? words : now))
    })
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    // An input method uses Enter to choose a word.
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return
    event.preventDefault()
    submit()
  }
  return { draft, setDraft, words, refused, setRefused, submit, onKeyDown }
}
