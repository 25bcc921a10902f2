import { countsInWords } from '../gate/test-counts.ts'
import type { Finding } from '../guards/guard.ts'
import type { GuardsVerdict } from '../guards/run-guards.ts'
import type { Landing } from './judge-work.ts'

/** What became of work, for people and for agents. */
export interface LandingWords {
  /** In a line. */
  readonly why: string
  /** What was seen, quoted; empty where there is nothing to show. At most 8,192 characters. */
  readonly evidence: string
}

const maxEvidence = 8_192

/** What became of the work: what is wrong, where, and what to do next. */
export function landingWords(landing: Landing): LandingWords {
  const { why, evidence = [] } = wordsOf(landing)
  const text = evidence.join('\n')
  // Of what was printed the end tells most, of a list the beginning.
  return { why, evidence: landing.outcome === 'red' ? text.slice(-maxEvidence) : text.slice(0, maxEvidence) }
}

/** The same as one text. */
export function landingInWords(landing: Landing): string {
  const { why, evidence } = landingWords(landing)
  return evidence === '' ? why : `${why}\n${evidence}`
}

function wordsOf(landing: Landing): { readonly why: string; readonly evidence?: readonly string[] } {
  switch (landing.outcome) {
    case 'landed':
      return { why: `Merged as ${landing.commit.slice(0, 12)}: ${counts(landing)}` }
    case 'ready':
      return { why: `Green: ${counts(landing)}` }
    case 'empty':
      if (landing.putBack.length > 0) {
        const paths = landing.putBack.map(({ path, was }) => `${path} (${was})`)
        return { why: 'Nothing is left of the change once what is protected is as in the base.', evidence: paths }
      }
      return { why: 'There is no change to merge. Make the change that was asked for, or say why none is needed.' }
    case 'refused':
      return { why: `${landing.error.message} ${landing.error.next}`, evidence: landing.error.evidence.slice(0, 10) }
    case 'conflict':
      return {
        why: `The change conflicts with the base branch, which has moved on: ${landing.files.map(({ path }) => path).join(', ')}.`,
        evidence: [
          ...landing.said,
          ...landing.files.slice(0, 5).map(({ path, text }) => `--- ${path}\n${text.slice(0, 2_000)}`),
        ],
      }
    case 'blocked':
    case 'asked': {
      const of = landing.outcome === 'blocked' ? 'block' : 'ask'
      return { why: objection(landing.guards, of), evidence: findingLines(landing.guards, of) }
    }
    case 'red':
      return { why: `The gate is red. ${landing.gate.why}`, evidence: [landing.gate.output] }
    case 'stale':
      return { why: `The base branch moved to ${landing.head} meanwhile; the change is judged again.` }
    case 'held':
      return { why: `The origin does not take it: ${landing.why}`, evidence: landing.evidence }
    default:
      return landing satisfies never
  }
}

function counts({ tests, putBack }: Extract<Landing, { readonly outcome: 'landed' | 'ready' }>): string {
  const back = putBack.length
  return `${countsInWords(tests)}.${back > 0 ? ` ${back} protected files are as in the base.` : ''}`
}

function objection({ verdicts }: GuardsVerdict, of: 'block' | 'ask'): string {
  const found = verdicts.find(({ verdict }) => verdict === of)
  const [first] = found?.findings ?? []
  return `The guard ${found?.guard} objects: ${first ? findingInWords(first) : 'it failed'}`
}

/** What guards found that has one of these verdicts, a line each. */
export function findingLines(
  { verdicts }: GuardsVerdict,
  ...of: readonly ('block' | 'ask' | 'warn')[]
): readonly string[] {
  return verdicts
    .filter(({ verdict }) => of.some((one) => one === verdict))
    .flatMap(({ guard, findings, more }) => [
      ...findings.map((finding) => `- ${guard}: ${findingInWords(finding)}`),
      ...(more > 0 ? [`- ${guard}: and ${more} more`] : []),
    ])
}

function findingInWords({ what, path, line, quote }: Finding): string {
  const where = path === undefined ? '' : `${path}${line === undefined ? '' : `:${line}`}`
  return `${where === '' ? '' : `${where}: `}${what}${quote === undefined ? '' : `: ${quote}`}`
}
