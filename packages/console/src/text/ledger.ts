import { compact, count, list, number } from './amounts.ts'

export const ledger = {
  open: 'Ledger',
  loading: 'Opening the ledger',
  titleOf: (floor: string): string => `Ledger of ${floor}`,
  attempts: (n: number): string => count(n, 'attempt', 'attempts'),
  none: 'Nothing was tried yet',
  noneLead: 'What attempts cost and what came of them stands here as soon as the first one works.',
  unknown: '–',
  sides: 'Sides of the ledger',
  sideNames: { numbers: 'Numbers', day: 'Days', skills: 'Skills', judgement: 'Judgement' },
  tried: 'Attempts',
  attemptOf: (task: string, attempt: number, lane: string): string => `${task}, attempt ${number(attempt)} in ${lane}`,
  day: {
    earlier: 'Earlier',
    later: 'Later',
    wholeWeek: 'Seven days',
    week: (from: string, to: string): string => `${from} to ${to}`,
    copy: 'Copy as Markdown',
    cut: 'The floor keeps the newest tasks that are over, and there may have been more.',
    arrived: 'New tasks',
    done: 'Done',
    parked: 'Parked',
    rejected: 'Rejected',
    inVain: 'Tokens in vain',
    none: 'No attempt was over then.',
    bySkill: 'By skill',
    unpriced: (n: number): string =>
      `${count(n, 'attempt', 'attempts')} used tokens without a price; no cost is of them.`,
  },
  skills: {
    none: 'No skills and no lessons yet',
    noneLead:
      'Versions of skills stand here with what came of the attempts that were given them, and what was learned from those that failed.',
    lessons: 'Lessons',
    noLessons: 'Nothing has failed that teaches something.',
    times: (n: number): string => count(n, 'time', 'times'),
    noAdvice: 'Nobody can say beforehand what to do about it.',
    moreCases: (n: number): string => `and ${count(n, 'other attempt', 'other attempts')}`,
    givenIn: (lanes: readonly string[]): string =>
      `given in ${list(lanes.slice(0, 3))}${lanes.length > 3 ? ', …' : ''}`,
    landed: (landed: number, of: number): string => `${number(landed)} of ${number(of)} landed,`,
    likely: (low: string, high: string): string => `likely ${low} to ${high}`,
    facts: (of: { readonly tasks: number; readonly tokens: string; readonly cost: string | undefined }): string =>
      [count(of.tasks, 'task', 'tasks'), `${of.tokens} tokens`, ...(of.cost === undefined ? [] : [of.cost])].join(', '),
    untried: 'No attempt with it is over yet.',
    points: (part: number): string => `${part < 0 ? '−' : '+'}${Math.round(100 * Math.abs(part))} %`,
    compared: {
      better: (version: string, low: string, high: string): string =>
        `${version} is better: ${low} to ${high} more of its attempts land.`,
      worse: (version: string, low: string, high: string): string =>
        `${version} is worse: ${low} to ${high} of its attempts land.`,
      open: (version: string, low: string, high: string): string =>
        `Whether ${version} is better may be chance: ${low} to ${high}.`,
    },
  },
  judgement: {
    circles: 'Agents that went in circles',
    noCircles: 'Nobody was said to go in circles.',
    counts: (of: {
      readonly now: number
      readonly landed: number
      readonly stood: number
      readonly overruled: number
    }): string =>
      [
        ...(of.now > 0 ? [`${number(of.now)} at work`] : []),
        `${number(of.stood)} landed nothing`,
        `${number(of.landed)} landed all the same`,
        `${number(of.overruled)} overruled`,
      ].join(', ') + '.',
    judged: { now: 'at work', landed: 'landed all the same', stood: 'landed nothing', overruled: 'overruled' },
    overruledBy: (by: string, reason: string): string => `${by} overruled that: ${reason}`,
    proposals: 'Proposals',
    noProposals: 'Nothing was proposed.',
    from: (source: string): string => (source === 'retro' ? 'From looking back,' : `From ${source},`),
    evidence: 'Why, and what it changes',
    accept: (task: string): string =>
      `\`headrace factory proposals accept ${task}\` takes it through the gate, in the repository.`,
    states: {
      proposed: 'waits for you',
      ready: 'accepted',
      working: 'under way',
      review: 'to review',
      parked: 'parked',
      done: 'done',
      rejected: 'rejected',
    },
    decisions: 'Decisions',
    noDecisions: 'Nobody has decided about a proposal yet.',
    decisionsNote: 'What was rejected is not proposed again while it rests on mostly the same.',
    decided: { accepted: 'accepted', rejected: 'rejected' },
    decidedBy: (by: string, source: string): string => `${by}, about ${source},`,
  },
  called: 'Name',
  merged: 'Merged changes',
  landRate: 'Land rate',
  mergeTime: 'Time to merge',
  tokens: 'Tokens',
  cost: 'Cost',
  costPerMerge: 'Cost per merged change',
  outcomes: 'Outcomes',
  byLane: 'By lane',
  byAgent: 'By agent',
  share: (part: number): string => `${Math.round(100 * part)} %`,
  compact: (n: number): string => compact(n),
  atMost: (most: string): string => `up to ${most}`,
  outcomesTold: (merged: number, shown: number, other: number): string =>
    `${number(merged)} merged, ${number(shown)} shown to a person, ${number(other)} not landed`,
} as const
