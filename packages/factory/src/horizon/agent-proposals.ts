import { array, HeadraceError, object, optional, string, type Schema } from '@headrace/core'
import { named, type Proposal } from './proposal.ts'

/** What an agent that looks ahead writes to have something proposed: a fence with this word behind it. */
const proposalsFence = 'proposals'

/** What it is told about that. */
export const proposalsAsked: string = `Change nothing. What you propose, write at the end of your report as JSON, at most 10 of them, the best first:

\`\`\`${proposalsFence}
[{"title": "what is to be done", "why": "what speaks for it", "evidence": [{"where": "file:line, or an address", "what": "what stands there"}], "acceptance": ["how one knows that it is done"]}]
\`\`\`

A person accepts or rejects each.`

interface Written {
  readonly title: string
  readonly why: string
  readonly evidence?: readonly { readonly where: string; readonly what: string }[]
  readonly acceptance?: readonly string[]
}

const shape: Schema<readonly Written[]> = array(
  object({
    title: string({ min: 1, max: 256 }),
    why: string({ min: 1, max: 2_000 }),
    evidence: optional(array(object({ where: string({ max: 500 }), what: string({ max: 1_000 }) }), { max: 20 })),
    acceptance: optional(array(string({ min: 1, max: 500 }), { max: 10 })),
  }),
  { max: 10 },
)

/** What an agent proposes, and what is wrong with how it wrote that. */
export interface AgentProposals {
  readonly proposals: readonly Proposal[]
  readonly fault?: string
}

/**
 * Reads what an agent proposes from its report. Its words are quoted like those of strangers, since they may have come from
 * these, and it sets neither kind nor priority. Pure.
 */
export function proposalsIn(
  report: string,
  { lane, attempt }: { readonly lane: string; readonly attempt: string },
): AgentProposals {
  const fences = [...report.matchAll(/^(`{3,})proposals[ \t]*\n([\s\S]*?)^\1[ \t]*$/gm)]
  const text = fences.at(-1)?.[2]
  if (text === undefined) return { proposals: [] }
  try {
    const written = shape.parse(JSON.parse(text), proposalsFence)
    return { proposals: written.map((one) => proposalOf(one, lane, attempt)) }
  } catch (thrown) {
    const why = thrown instanceof HeadraceError || thrown instanceof SyntaxError ? thrown.message : String(thrown)
    return { proposals: [], fault: `its proposals can't be read: ${why}`.slice(0, 500) }
  }
}

function proposalOf({ title, why, evidence = [], acceptance = [] }: Written, lane: string, attempt: string): Proposal {
  return {
    // Said again in mostly the same words it is the same proposal.
    signature: { source: 'lane', subject: lane, parts: wordsOf(title) },
    title: `${lane} proposes ${named(title)}`,
    why: `The agent of the lane ${lane} proposes this; its words are below.`,
    kind: 'custom',
    priority: 3,
    evidence: [
      { where: attempt, what: 'why it proposes it', quote: why },
      ...evidence.map(({ where, what }) => ({ where: named(where), what: 'what it saw', quote: what })),
    ],
    acceptance: acceptance.map((line) => named(line)),
  }
}

function wordsOf(title: string): readonly string[] {
  return [...new Set(title.toLowerCase().match(/[\p{L}\p{N}]{3,}/gu) ?? [])].slice(0, 50)
}
