import { countsInWords } from '../gate/test-counts.ts'
import type { GuardsVerdict } from '../guards/run-guards.ts'
import type { Landing } from './land-work.ts'

const maxOutput = 8_192

/** What became of the work, as an agent is told it: what is wrong, where, and what to do next. */
export function landingInWords(landing: Landing): string {
  switch (landing.outcome) {
    case 'landed':
      return `Merged as ${landing.commit}: ${countsInWords(landing.tests)}.`
    case 'ready':
      return `Green, and waits for a person to merge it: ${countsInWords(landing.tests)}.`
    case 'empty':
      return 'There is no change to merge. Make the change that was asked for, or say why none is needed.'
    case 'refused':
      return [`${landing.error.message} ${landing.error.next}`, ...landing.error.evidence.slice(0, 10)].join('\n')
    case 'conflict':
      return [
        'The change conflicts with the base branch, which has moved on. Solve these conflicts:',
        ...landing.said,
        ...landing.files.slice(0, 5).map(({ path, text }) => `--- ${path}\n${text.slice(0, 2_000)}`),
      ].join('\n')
    case 'blocked':
      return ['The change is not merged, because of this:', ...findings(landing.guards, 'block')].join('\n')
    case 'asked':
      return ['The change waits for a person, because of this:', ...findings(landing.guards, 'ask')].join('\n')
    case 'red':
      return [
        `The gate is red. ${landing.gate.why}`,
        'The end of its output:',
        landing.gate.output.slice(-maxOutput),
      ].join('\n')
    case 'stale':
      return `The base branch moved to ${landing.head} meanwhile; the change is judged again.`
    case 'held':
      return `The base branch can't be moved now: ${landing.why}`
  }
}

function findings({ verdicts }: GuardsVerdict, of: 'block' | 'ask'): readonly string[] {
  return verdicts
    .filter(({ verdict }) => verdict === of)
    .flatMap(({ guard, findings: found, more }) => [
      ...found.map(({ what, path, line, quote }) => {
        const where = path === undefined ? '' : ` ${path}${line === undefined ? '' : `:${line}`}`
        return `- ${guard}:${where} ${what}${quote === undefined ? '' : `: ${quote}`}`
      }),
      ...(more > 0 ? [`- ${guard}: and ${more} more`] : []),
    ])
}
