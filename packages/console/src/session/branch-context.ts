import type { MessageId } from '@headrace/core'
import { createContext, useContext } from 'react'
import type { Version } from '../model/branches.ts'

/** The versions of messages, and the way to another one. */
export interface BranchPlace {
  readonly versionOf: ReadonlyMap<MessageId, Version>
  readonly show: (version: MessageId) => void
}

const nothing: BranchPlace = { versionOf: new Map(), show: () => {} }

export const BranchContext = createContext(nothing)

export function useBranchPlace(): BranchPlace {
  return useContext(BranchContext)
}
