import { areas, type Area } from './areas.ts'
import type { Result } from './run-audit.ts'

/** 0: absent. 1: partial. 2: proven by every test of it. `undefined`: none of them can be put to this server. */
export type Score = 0 | 1 | 2 | undefined

/** How one capability is scored. */
export interface AreaScore {
  readonly area: Area
  readonly score: Score
  /** Ids of what passed. */
  readonly proven: readonly string[]
  /** Ids of what did not, and what the server or its adapter lacks for. */
  readonly missing: readonly string[]
}

/** Scores of the capabilities, in the order of the table. */
export function scoreAreas(results: readonly Result[]): readonly AreaScore[] {
  return areaNames().map((area) => {
    const asked = results.filter(
      ({ scenario, outcome }) => scenario.area === area && outcome.verdict !== 'not applicable',
    )
    const proven = asked.filter(({ outcome }) => outcome.verdict === 'passed')
    const score = asked.length === 0 ? undefined : proven.length === asked.length ? 2 : proven.length > 0 ? 1 : 0
    return {
      area,
      score,
      proven: proven.map(({ scenario }) => scenario.id),
      missing: asked.filter((result) => !proven.includes(result)).map(nameOf),
    }
  })
}

/** The score as a table of Markdown, and below it what failed and what was measured. */
export function scoreTable(results: readonly Result[]): string {
  const scores = scoreAreas(results)
  const rows = scores.map(({ area, score, proven, missing }) => [
    areas[area],
    score === undefined ? '–' : String(score),
    proven.join(' '),
    missing.join(', '),
  ])
  const scored = scores.filter(({ score }) => score !== undefined)
  const sum = scored.reduce((total, { score }) => total + (score ?? 0), 0)
  const said = results.flatMap(({ scenario, outcome, notes }) => [
    ...(outcome.verdict === 'passed' ? [] : [`- ${scenario.id} ${outcome.verdict}: ${outcome.why}`]),
    ...notes.map((note) => `- ${scenario.id}: ${note}`),
  ])
  return [
    ...table(['capability', 'score', 'proven by', 'not'], rows),
    '',
    `${sum} of ${scored.length * 2}. 0: absent, 1: partial, 2: proven by every test of it, –: nothing to ask.`,
    ...(said.length > 0 ? ['', ...said] : []),
  ].join('\n')
}

function nameOf({ scenario, outcome }: Result): string {
  return outcome.verdict === 'not supported' ? `${scenario.id} (not supported)` : `${scenario.id} (failed)`
}

function areaNames(): readonly Area[] {
  return Object.keys(areas) as Area[] // its keys are the areas
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const widths = head.map((cell, column) => Math.max(cell.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)]
}
