/** What work changes, as git prints it. */
export interface WorkDiff {
  /** Commits: the base that it began from, and its newest. */
  readonly base: string
  readonly head: string
  readonly patch: string
  /** The patch is longer than this: its end is left out. */
  readonly cut?: true
}

const maxFiles = 50

/** The first files of a patch; those whose names git has to quote are left out. */
export function filesOf(patch: string): readonly string[] {
  const names = [...patch.matchAll(/^diff --git a\/(.+) b\/(.+)$/gm)].flatMap(([, , to]) => to ?? [])
  return [...new Set(names)].slice(0, maxFiles)
}
