import type { Message, MessageId, Run } from '@headrace/core'
import { useMemo, useState } from 'react'
import { branchesOf, type Branches, type Version } from '../model/branches.ts'
import type { BranchPlace } from './branch-context.ts'

/** The branch of a session that the reader looks at. */
export function useBranches(
  messages: readonly Message[],
  runs: readonly Run[],
): Branches & { readonly place: BranchPlace } {
  const [chosen, setChosen] = useState<readonly MessageId[]>([])
  const branches = useMemo(() => branchesOf(messages, runs, chosen), [messages, runs, chosen])
  const versionOf = useSame(branches.versionOf)
  const place = useMemo(
    () => ({
      versionOf,
      show: (id: MessageId) => setChosen((before) => [...before.filter((each) => each !== id), id]),
    }),
    [versionOf],
  )
  return { ...branches, place }
}

type Versions = ReadonlyMap<MessageId, Version>

/** Kept by identity while it says the same: text that streams makes no new version. */
function useSame(now: Versions): Versions {
  const [known, setKnown] = useState(now)
  if (known === now) return known
  const isSame =
    known.size === now.size &&
    [...now].every(([id, { of, number }]) => known.get(id)?.of === of && known.get(id)?.number === number)
  if (isSame) return known
  setKnown(now)
  return now
}
