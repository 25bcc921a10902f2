import type { Message, Run } from '@headrace/core'
import { useState } from 'react'
import { createTurnGrouper } from '../model/turn-grouper.ts'
import type { Turn } from '../model/turns.ts'

/** The turns of a session. Turns in which nothing changed keep their identity. */
export function useTurns(messages: readonly Message[], runs: readonly Run[]): readonly Turn[] {
  const [group] = useState(createTurnGrouper)
  return group(messages, runs)
}
