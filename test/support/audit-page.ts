import { abilities, areas, scenarios, type Scenario } from '@headrace/testing/session-kit'

/** docs/session-audit.md with its generated parts made anew. Without a score the one that it has stays. */
export function auditPage(page: string, score?: string): string {
  const whole = between(between(page, 'questions', questions()), 'abilities', abilityList())
  return score === undefined ? whole : between(whole, 'score', score)
}

/** What stands between the marks of a generated part. */
export function generated(page: string, part: string): string {
  const [start, end] = [begin(part), finish(part)].map((mark) => page.indexOf(mark))
  if (start === undefined || end === undefined || start < 0 || end < start) throw new Error(`The page has no ${part}.`)
  return page.slice(start + begin(part).length, end).trim()
}

const begin = (part: string): string => `<!-- ${part} -->`
const finish = (part: string): string => `<!-- end of ${part} -->`

function between(page: string, part: string, text: string): string {
  generated(page, part)
  const [before = ''] = page.split(begin(part))
  return `${before}${begin(part)}\n\n${text}\n\n${page.slice(page.indexOf(finish(part)))}`
}

function questions(): string {
  const groups = [
    ['Audit questions', 'Q'],
    ['Edge cases', 'E'],
    ['Faults and races', 'X'],
  ] as const
  return groups
    .map(([title, letter]) => {
      const rows = scenarios.filter(({ id }) => id.startsWith(letter)).map(row)
      return [`### ${title}`, '', '| id | what holds | capability | needs |', '|---|---|---|---|', ...rows].join('\n')
    })
    .join('\n\n')
}

function row({ id, title, area, needs = [] }: Scenario): string {
  return `| ${id} | ${title} | ${areas[area]} | ${needs.map((need) => `\`${need}\``).join(' ')} |`
}

function abilityList(): string {
  return Object.entries(abilities)
    .map(([name, text]) => `- \`${name}\`: ${text}`)
    .join('\n')
}
