import type { PeriodLine, PeriodReport } from './period-report.ts'

const heads = ['attempts', 'merged', 'landed', 'to a merge', 'tokens', 'without a merge', 'cost', 'cost of a merge']

/** The report of a span as Markdown. What agents and people wrote in it is shown as text. */
export function reportInMarkdown(title: string, report: PeriodReport): string {
  const { from, to, isCut, tasks, total, lanes, agents, skills, effects, waffling } = report
  const { arrived, done, parked, rejected } = tasks
  return [
    `# ${cell(title)}`,
    `${time(from)} to ${time(to)}. Tasks: ${arrived} new, ${done} done, ${parked} parked, ${rejected} rejected.`,
    ...(isCut ? ['The floor keeps the newest tasks that are over, and the span may have had more.'] : []),
    table('all', { all: total }),
    ...section('Lanes', Object.keys(lanes).length > 0 ? [table('lane', lanes)] : []),
    ...section('Agents', Object.keys(agents).length > 0 ? [table('agent', agents)] : []),
    ...section('Skills', Object.keys(skills).length > 0 ? [table('skill', skills), effectList(effects)] : []),
    ...section('Agents that went in circles', waffling.length > 0 ? [wafflingList(report)] : []),
    ...(total.unpriced > 0 ? [`${total.unpriced} attempts used tokens without a price; no cost is of them.`] : []),
  ].join('\n\n')
}

function section(title: string, parts: readonly string[]): readonly string[] {
  return parts.length === 0 ? [] : [`## ${title}`, ...parts]
}

function table(title: string, lines: Readonly<Record<string, PeriodLine>>): string {
  const rows = Object.entries(lines).map(([name, line]) => `| ${[cell(name), ...cells(line)].join(' | ')} |`)
  return [`| ${[title, ...heads].join(' | ')} |`, `|${'---|'.repeat(heads.length + 1)}`, ...rows].join('\n')
}

function cells(line: PeriodLine): readonly string[] {
  const { attempts, merged, landRate, mergeMs, tokens, tokensWithoutMerge, costUsd, costPerMerge } = line
  return [
    String(attempts),
    String(merged),
    landRate === undefined ? '–' : percent(landRate),
    mergeMs === undefined ? '–' : span(mergeMs),
    String(tokens),
    tokens === 0 ? '–' : `${tokensWithoutMerge} (${percent(tokensWithoutMerge / tokens)})`,
    costUsd === undefined ? '–' : dollars(costUsd),
    costPerMerge === undefined ? '–' : dollars(costPerMerge),
  ]
}

function effectList(effects: PeriodReport['effects']): string {
  return effects
    .map(({ skill, with: on, without: off, effect }) => {
      const said = { helped: 'helped', hurt: 'hurt', unclear: 'too few attempts to say' }[effect]
      return `- ${cell(skill)}: ${on.landed} of ${on.attempts} landed with it, ${off.landed} of ${off.attempts} without: ${said}.`
    })
    .join('\n')
}

function wafflingList({ waffling }: PeriodReport): string {
  const count = (judged: string): number => waffling.filter((one) => one.judged === judged).length
  const said = { overruled: 'overruled', landed: 'landed all the same', stood: 'landed nothing' }
  return [
    `${waffling.length} attempts: ${count('stood')} landed nothing, ${count('landed')} landed all the same, ${count('overruled')} were overruled.`,
    '',
    ...waffling.map(({ task, attempt, lane, rung, evidence, judged, reason }) => {
      const why = reason === undefined ? '' : `: ${cell(reason)}`
      return `- ${task}, attempt ${attempt} in ${cell(lane)}: ${rung}, for ${cell(evidence)}. ${said[judged]}${why}.`
    }),
  ].join('\n')
}

/** Text of others can neither end a cell nor be markup. */
function cell(text: string): string {
  return text
    .replaceAll(/\s+/g, ' ')
    .slice(0, 300)
    .replaceAll(/[\\`*_{}[\]<>#|!]/g, (sign) => `\\${sign}`)
}

function percent(part: number): string {
  return `${Math.round(part * 100)} %`
}

function dollars(amount: number): string {
  return `$${amount.toFixed(amount < 1 ? 4 : 2)}`
}

function time(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

function span(ms: number): string {
  const minutes = ms / 60_000
  if (minutes < 1) return `${Math.round(ms / 1_000)} s`
  if (minutes < 120) return `${Math.round(minutes)} min`
  return `${(minutes / 60).toFixed(1)} h`
}
