import type { LogQuote } from './attempt-log.ts'
import type { FileProposal } from './proposals-of.ts'

/** The kind of a source by which a task is known to be a proposal for the factory's own files. */
export const retroSource = 'retro'

/** What stands in the task of a proposal: why, the evidence, the difference. */
export function proposalText({ why, evidence, diff }: FileProposal): string {
  return [
    why,
    '',
    'Evidence:',
    ...evidence.map((one) => `- ${evidenceInWords(one)}`),
    '',
    '```diff',
    diff.trimEnd(),
    '```',
    '',
    'Take it with `headrace factory proposals accept`: it goes through the gate as a commit of its own.',
  ].join('\n')
}

/** As in `factory/main/lanes/bugs 41: rejected: …`. */
export function evidenceInWords({ session, seq, quote }: LogQuote): string {
  // What is quoted may hold anything: it must not end the text around it.
  return `${session} ${seq}: ${quote.replaceAll('```', "'''")}`
}

/** The difference in the text of a proposal; what is applied is what a person has read. */
export function diffIn(text: string): string | undefined {
  const [, diff] = /^```diff\n([\s\S]*?)\n```$/m.exec(text) ?? []
  return diff === undefined ? undefined : `${diff}\n`
}
