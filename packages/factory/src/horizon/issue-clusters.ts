import MiniSearch from 'minisearch'
import type { LaneKind, Priority } from '../floor/task.ts'
import { named, type Proposal } from './proposal.ts'
import { triage } from './triage.ts'

/** A report of somebody. All of its text is of strangers. */
export interface Issue {
  /** As in `owner/name#7`. */
  readonly ref: string
  readonly title: string
  readonly body: string
  /** What those who look after it have said that it is. */
  readonly kind?: LaneKind
  readonly priority?: Priority
}

/** From this likeness on two are about the same, 0 to 1. */
const alike = 0.3
const maxIssues = 1_000
const maxBody = 600

const small: ReadonlySet<string> = new Set(
  "a an and are as at be but by can cannot can't do does doesn't don't for from get gets has have how i if in into is it its my no not of on or our please should so some that the their then there this to too up us use using was we what when where which while will with without would you your bug issue problem error support add make new".split(
    ' ',
  ),
)

/** A word without its ending, so that "fails" and "failing" are the same. */
function term(word: string): string | null {
  const lower = word.toLowerCase()
  if (lower.length < 2 || small.has(lower)) return null
  const bare = lower.replace(/(?:ings?|ed|es|e|s)$/, '')
  return bare.length >= 3 ? bare : lower
}

/**
 * Groups reports that are about the same, by the words that are telling in them (BM25). A report is in one group at most, and
 * each of a group is like its middle, so that a chain of likenesses joins nothing that is far apart. Pure.
 */
export function clusterIssues(issues: readonly Issue[]): readonly (readonly Issue[])[] {
  const all = issues.slice(0, maxIssues)
  const index = new MiniSearch<{ id: number; title: string; body: string }>({
    fields: ['title', 'body'],
    processTerm: term,
  })
  index.addAll(all.map(({ title, body }, id) => ({ id, title, body: body.slice(0, maxBody) })))
  const likeness = all.map(({ title, body }) => {
    const found = index.search(`${title} ${body.slice(0, maxBody)}`, { boost: { title: 3 }, combineWith: 'OR' })
    return new Map(found.map(({ id, score }): [number, number] => [Number(id), score]))
  })
  const like = (a: number, b: number): number => {
    const one = (x: number, y: number): number => (likeness[x]?.get(y) ?? 0) / (likeness[x]?.get(x) ?? Infinity)
    return (one(a, b) + one(b, a)) / 2
  }
  const near = all.map((_, a) => [...(likeness[a]?.keys() ?? [])].filter((b) => b !== a && like(a, b) >= alike))
  const order = all.map((_, at) => at).toSorted((a, b) => (near[b]?.length ?? 0) - (near[a]?.length ?? 0) || a - b)
  const taken = new Set<number>()
  return order.flatMap((middle) => {
    if (taken.has(middle)) return []
    const group = [middle, ...(near[middle] ?? []).filter((other) => !taken.has(other))].toSorted((a, b) => a - b)
    if (group.length < 2) return []
    for (const one of group) taken.add(one)
    return [group.flatMap((one) => all[one] ?? [])]
  })
}

/** A proposal for each group of reports. What they say is quoted, and nothing of it is followed. Pure. */
export function issueProposals(issues: readonly Issue[]): readonly Proposal[] {
  return clusterIssues(issues).map((group): Proposal => {
    const priorities = group.flatMap(({ priority }) => priority ?? [])
    const kinds = group.flatMap(({ kind }) => kind ?? [])
    const refs = group.map(({ ref }) => ref)
    return {
      signature: { source: 'issues', subject: '', parts: refs },
      title: `Look at ${group.length} reports that seem to be about the same`,
      why: `They have their telling words in common; the first is called ${named(group[0]?.title ?? '')}.`,
      kind: kinds[0] ?? 'bug',
      priority: triage({
        hit: group.length,
        ...(priorities.length > 0 && { given: priorities.reduce((a, b) => (b < a ? b : a)) }),
      }),
      evidence: group.map(({ ref, title }) => ({ where: ref, what: 'an open report', quote: title })),
      acceptance: ['It is known whether they have one cause, and each is answered or has a task of its own.'],
    }
  })
}
