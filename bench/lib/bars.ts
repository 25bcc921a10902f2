import { escape, logScale, round, rule, text } from './plot.ts'

/** One chart of {@link bars}: a value for each system. */
export interface BarChart {
  readonly title: string
  /** How a value is written. */
  readonly label: (value: number) => string
  /** `undefined`: it could not do what was asked. */
  readonly rows: readonly { readonly name: string; readonly value: number | undefined; readonly isOurs: boolean }[]
}

const width = 680
const left = 215
const right = 70
const rowHeight = 20
const headHeight = 34
const gap = 26

/** Charts of bars below one another, each on a logarithmic scale of its own, as an SVG picture with its own background. */
export function bars(charts: readonly BarChart[]): string {
  let at = 0
  const drawn = charts.map((chart) => {
    const group = `<g transform="translate(0 ${at})">${draw(chart)}</g>`
    at += headHeight + chart.rows.length * rowHeight + gap
    return group
  })
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${at}" role="img" font-family="sans-serif" font-size="11" fill="#333">`,
    `<title>${escape(charts.map(({ title }) => title).join('; '))}</title>`,
    '<rect width="100%" height="100%" fill="#fff"/>',
    ...drawn,
    '</svg>',
  ].join('\n')}\n`
}

function draw({ title, label, rows }: BarChart): string {
  const values = rows.flatMap(({ value }) => (value === undefined ? [] : [value]))
  const scale = logScale(values, left, width - right)
  const bottom = headHeight + rows.length * rowHeight
  const grid = scale.ticks.flatMap((value) => [
    rule(scale.at(value), headHeight, scale.at(value), bottom),
    text(scale.at(value), bottom + 13, label(value), 'middle'),
  ])
  const lines = rows.map(({ name, value, isOurs }, index) => {
    const top = headHeight + index * rowHeight
    const named = text(left - 8, top + 14, name, 'end')
    if (value === undefined) return `${named}${text(left + 4, top + 14, 'falls behind', 'start')}`
    const end = scale.at(value)
    const bar = `<rect x="${left}" y="${top + 3}" width="${round(Math.max(1, end - left))}" height="${rowHeight - 6}" fill="${isOurs ? '#0b6e99' : '#b8b8b8'}"/>`
    return `${named}${bar}${text(end + 5, top + 14, label(value), 'start')}`
  })
  return [`<text x="12" y="20" font-size="13" font-weight="bold">${escape(title)}</text>`, ...grid, ...lines].join('\n')
}
