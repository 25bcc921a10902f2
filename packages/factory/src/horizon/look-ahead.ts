import type { SessionView } from '@headrace/core'
import type { Vault } from '../clones/open-vault.ts'
import { decisionOn, isSameProposal, type Decision } from '../floor/signature.ts'
import { isOver, type FloorDocument } from '../floor/floor-document.ts'
import { blobTexts } from '../work/read-change.ts'
import { modes, treeEntries } from '../work/tree-entries.ts'
import { dependencyProposals, usedPackages, type Manifest } from './dependencies.ts'
import { gateProposals, gateRecords } from './gate-history.ts'
import { issueProposals, type Issue } from './issue-clusters.ts'
import type { Proposal } from './proposal.ts'
import { readRegistry, type RegistryOptions } from './read-registry.ts'
import { readMarkers, todoProposals } from './todo-drift.ts'

export interface LookAheadOptions {
  readonly vault: Vault
  /** The commit of the base branch that is looked at. */
  readonly commit: string
  readonly floor: FloorDocument
  /** The session of the gate, where it has judged something. */
  readonly merge?: SessionView
  /** Reports beside those that are proposed on the floor. */
  readonly issues?: readonly Issue[]
  /** Asks this registry for the packages that the repository uses. Without it nothing leaves the machine. */
  readonly registry?: RegistryOptions
  /** Milliseconds since 1970. */
  readonly now: number
}

/** What was found, the most urgent first. */
export interface Horizon {
  /** These are new. */
  readonly proposals: readonly Proposal[]
  /** These are on the floor already. */
  readonly waiting: readonly { readonly proposal: Proposal; readonly task: string }[]
  /** These do not come back: somebody decided about them. */
  readonly decided: readonly { readonly proposal: Proposal; readonly decision: Decision }[]
  /** What could not be looked at, and why. */
  readonly notes: readonly string[]
}

const maxManifests = 50
const maxManifestBytes = 262_144

/** Looks at what comes, and changes nothing (F10): the trusted repository is read, and what the sessions of the floor hold. */
export async function lookAhead(options: LookAheadOptions): Promise<Horizon> {
  const { vault, commit, floor, merge, issues = [], registry, now } = options
  const notes: string[] = []
  const manifests = await readManifests(vault, commit)
  const found: Proposal[] = []
  if (registry) {
    const { news, missing } = await readRegistry([...usedPackages(manifests).keys()], registry)
    found.push(...dependencyProposals(manifests, news))
    if (missing.length > 0)
      notes.push(`Nothing could be read of ${missing.length} packages: ${missing.slice(0, 10).join(', ')}.`)
  } else if (usedPackages(manifests).size > 0) {
    notes.push('Dependencies were not looked at: that needs the network.')
  }
  if (merge) found.push(...gateProposals(gateRecords(merge)))
  found.push(...todoProposals(await readMarkers(vault, commit), now))
  found.push(...issueProposals([...issuesOn(floor), ...issues]))
  const sorted = found.toSorted((a, b) => a.priority - b.priority)
  const decisions = floor.decisions ?? []
  const decided = sorted.flatMap((proposal) => {
    const decision = decisionOn(decisions, proposal.signature)
    return decision ? [{ proposal, decision }] : []
  })
  const waiting = sorted.flatMap((proposal) => {
    const task = Object.values(floor.tasks).find(
      (other) => !isOver(other) && other.signature && isSameProposal(other.signature, proposal.signature),
    )
    return task ? [{ proposal, task: task.id }] : []
  })
  const known = new Set([...decided, ...waiting].map(({ proposal }) => proposal))
  return { proposals: sorted.filter((proposal) => !known.has(proposal)), waiting, decided, notes }
}

/** Reports that were taken in and that nobody has accepted yet. */
function issuesOn(floor: FloorDocument): readonly Issue[] {
  return Object.values(floor.tasks).flatMap(({ source, title, body, kind, priority, state }) =>
    state.status === 'proposed' && source.kind === 'github' ? [{ ref: source.ref, title, body, kind, priority }] : [],
  )
}

async function readManifests(vault: Vault, commit: string): Promise<readonly Manifest[]> {
  const entries = [...(await treeEntries(vault.git, commit)).values()].filter(
    ({ path, mode, bytes }) =>
      /(^|\/)package\.json$/.test(path) &&
      !path.includes('node_modules/') &&
      mode === modes.file &&
      bytes <= maxManifestBytes,
  )
  const kept = entries.slice(0, maxManifests)
  const texts = await blobTexts(
    vault.git,
    kept.map(({ id, bytes }) => [id, bytes] as const),
  )
  return kept.flatMap(({ path, id }) => {
    const text = texts.get(id)
    return text === undefined ? [] : [{ path, text }]
  })
}
