import type { Message, Run } from '@headrace/core'
import { useState } from 'react'
import { groupTurns, type Turn } from '../model/turns.ts'

/** The turns of a session. Turns in which nothing changed keep their identity. */
export function useTurns(messages: readonly Message[], runs: readonly Run[]): readonly Turn[] {
  const [group] = useState(() => {
    let last: readonly Turn[] = []
    return (newMessages: readonly Message[], newRuns: readonly Run[]): readonly Turn[] =>
      (last = groupTurns(newMessages, newRuns, last))
  })
  return group(messages, runs)
}
