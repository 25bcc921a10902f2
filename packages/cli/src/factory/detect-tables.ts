import type { AgentEvaluation, Interval, RuleSetName } from '@headrace/factory'

/** How one set of rules did, with what ours would have to put up with to find as much. */
export interface RuleEvaluation {
  readonly rules: RuleSetName
  readonly agents: readonly (AgentEvaluation & { readonly oursAtSameRecall?: number })[]
}

/** The figures as Markdown: steps against labels, then what stopping would have done. */
export function evaluationTables(evaluations: readonly RuleEvaluation[], runs: number): readonly string[] {
  const agents = [...new Set(evaluations.flatMap((each) => each.agents.map(({ agent }) => agent)))].toSorted()
  return [
    `${runs} runs. 95 % intervals: bootstrap over runs. Ours: threshold chosen on the other agents.`,
    ...agents.flatMap((agent) => {
      const rows = evaluations.flatMap(({ rules, agents: all }) =>
        all.filter((each) => each.agent === agent).map((each) => ({ rules, each })),
      )
      const [first] = rows
      if (!first) return []
      const { metrics, outcome } = first.each
      return [
        '',
        `### ${agent}`,
        '',
        `${first.each.runs} runs, ${metrics.steps} labelled steps, ${metrics.repetitions} of them repetitions.`,
        '',
        '| rules | flagged | precision | recall | F1 | PR-AUC | false alarms | ours at that recall |',
        '|---|---|---|---|---|---|---|---|',
        ...rows.map(({ rules, each }) => stepRow(rules, each)),
        '',
        `${outcome.solved} solved and ${outcome.unsolved} unsolved runs:`,
        '',
        '| rules | false stops per 100 solved | nukes per 100 solved | told per 100 solved | unsolved stopped | steps saved |',
        '|---|---|---|---|---|---|',
        ...rows.map(({ rules, each }) => outcomeRow(rules, each)),
      ]
    }),
  ]
}

function stepRow(rules: RuleSetName, each: RuleEvaluation['agents'][number]): string {
  const { metrics, intervals, cut, oursAtSameRecall } = each
  const { precision, recall, f1, prAuc, flagged, hits } = metrics
  return row([
    cut === undefined ? rules : `${rules} (from ${cut})`,
    String(flagged),
    figure(precision, intervals.precision),
    figure(recall, intervals.recall),
    figure(f1, intervals.f1),
    figure(prAuc, intervals.prAuc),
    String(flagged - hits),
    rules === 'ours' || oursAtSameRecall === undefined ? '' : String(oursAtSameRecall),
  ])
}

function outcomeRow(rules: RuleSetName, { outcome }: AgentEvaluation): string {
  const { falseStopsPer100, falseNukesPer100, toldPer100, stoppedUnsolved, unsolved, savedSteps, unsolvedSteps } =
    outcome
  return row([
    rules,
    falseStopsPer100.toFixed(0),
    falseNukesPer100.toFixed(0),
    toldPer100.toFixed(0),
    `${stoppedUnsolved} of ${unsolved}`,
    `${savedSteps} of ${unsolvedSteps}`,
  ])
}

function figure(value: number | undefined, interval: Interval | undefined): string {
  if (value === undefined) return '–'
  const text = value.toFixed(2)
  return interval ? `${text} (${interval[0].toFixed(2)}–${interval[1].toFixed(2)})` : text
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}
